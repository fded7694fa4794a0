"""TOOLS: every tool there is, in the order of the road. The only list."""

from tools.base_model.choose import choose
from tools.base_model.fetch import fetch
from tools.contract import Tool
from tools.dataset.add_rows import add_rows
from tools.dataset.critique import critique
from tools.dataset.freeze import freeze
from tools.dataset.generate_rows import generate_rows
from tools.dataset.import_file import import_file
from tools.dataset.mark_rows import mark_rows
from tools.dataset.read_reply import read_reply
from tools.dataset.take_back import take_back
from tools.dataset.use_sample import use_sample
from tools.dataset.write_prompt import write_prompt
from tools.evaluate.compare import compare
from tools.evaluate.show_answers import show_answers
from tools.learn.explain import explain
from tools.learn.go_back import go_back
from tools.learn.show import show
from tools.learn.show_map import show_map
from tools.learn.what_next import what_next
from tools.plan.decide import decide
from tools.plan.mark_answer import mark_answer
from tools.plan.note_facts import note_facts
from tools.plan.try_prompt import try_prompt
from tools.plan.write_brief import write_brief
from tools.publish.bundle import bundle
from tools.publish.serve import serve
from tools.publish.stop_serving import stop_serving
from tools.train.plan_run import plan_run
from tools.train.read_loss import read_loss
from tools.train.resume import resume
from tools.train.start import start
from tools.train.stop import stop

TOOLS: tuple[Tool, ...] = (
    note_facts,
    write_brief,
    decide,
    try_prompt,
    mark_answer,
    use_sample,
    import_file,
    add_rows,
    write_prompt,
    read_reply,
    generate_rows,
    critique,
    mark_rows,
    take_back,
    freeze,
    choose,
    fetch,
    plan_run,
    start,
    stop,
    resume,
    read_loss,
    compare,
    show_answers,
    bundle,
    serve,
    stop_serving,
    explain,
    what_next,
    show,
    show_map,
    go_back,
)
