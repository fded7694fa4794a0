# The two commands are `make run` and `make test`; all the work is in ui/setup.py, which Windows and
# macOS call themselves (`py ui/setup.py run`) and which looks for a newer Python where this is too old.
PYTHON ?= python3

.PHONY: run test setup bench
run test setup bench:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (sudo apt install python3 python3-venv). 需要 Python 3.11 或更新的版本（sudo apt install python3 python3-venv）。"; exit 1; }
	@$(PYTHON) ui/setup.py $@
