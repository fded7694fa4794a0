"""The page in a real browser: both sizes, both languages, buttons, files, a second tab."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Opened = Callable[..., Page]
Shot = Callable[[Page, str], None]
pytestmark = pytest.mark.slow  # a browser and the page's process take their seconds

BOX = "#composer textarea"


def say(page: Page, text: str) -> None:
    page.locator(BOX).fill(text)
    page.locator(BOX).press("Enter")


def said(page: Page) -> Any:
    return page.locator("#chat .user-row")


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_page_opens_in_the_browsers_language_with_nothing_to_scroll_sideways(
    opened: Opened, shot: Shot, size: str, locale: str
) -> None:
    page = opened(size, locale)
    title = "TunePath" if locale == "en-US" else "微调之路"
    expect(page.locator("#name h1")).to_have_text(title)
    expect(page.locator("#chat .option")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "welcome")


def test_the_dark_scheme_of_the_system_is_followed(opened: Opened, shot: Shot) -> None:
    page = opened(color_scheme="dark")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in colour[4:-1].split(",")[:3]) < 150, colour
    shot(page, "dark")


def test_the_switch_changes_the_language_of_everything_and_is_remembered(opened: Opened) -> None:
    page = opened()
    page.locator("#language").click()
    expect(page.locator("#name h1")).to_have_text("微调之路")
    expect(page.locator(".tp-step").first).to_contain_text("想清楚")
    expect(page.locator("#chat .bot-row").first).to_contain_text("你好")
    page.reload()
    expect(page.locator("#name h1")).to_have_text("微调之路")
    page.locator("#language").click()
    expect(page.locator("#chat .bot-row").first).to_contain_text("Hello")


def test_an_example_button_starts_a_road(opened: Opened, shot: Shot) -> None:
    page = opened()
    page.locator("#chat .option").first.click()
    expect(said(page)).to_have_count(1)
    expect(page.locator("#chat .option").first).to_be_visible()
    shot(page, "first-question")


def test_buttons_are_reached_and_pressed_by_keyboard(opened: Opened) -> None:
    page = opened()
    page.locator("#chat .option").first.focus()
    page.keyboard.press("Enter")
    expect(said(page)).to_have_count(1)


def test_enter_sends_and_shift_enter_breaks_the_line(opened: Opened) -> None:
    page = opened()
    page.locator(BOX).fill("one")
    page.locator(BOX).press("Shift+Enter")
    page.keyboard.type("two")
    expect(said(page)).to_have_count(0)
    assert page.locator(BOX).input_value() == "one\ntwo"
    page.locator(BOX).press("Enter")
    expect(said(page)).to_have_count(1)
    expect(page.locator(BOX)).to_have_value("")


def test_enter_that_ends_a_word_of_an_input_method_does_not_send(opened: Opened) -> None:
    page = opened()
    page.locator(BOX).fill("wo xiang")
    page.evaluate(
        """() => { const box = document.querySelector('#composer textarea');
        for (const kind of ['keydown', 'keypress']) box.dispatchEvent(new KeyboardEvent(kind,
          {key: 'Enter', bubbles: true, cancelable: true, isComposing: true})); }"""
    )
    page.wait_for_timeout(600)
    expect(said(page)).to_have_count(0)
    assert page.locator(BOX).input_value() == "wo xiang"


def test_a_draft_survives_a_reload(opened: Opened) -> None:
    page = opened()
    page.locator(BOX).fill("half a thought")
    page.reload()
    expect(page.locator(BOX)).to_have_value("half a thought")


def test_a_file_that_cant_be_used_is_answered_in_one_sentence(
    opened: Opened, tmp_path: Path, shot: Shot
) -> None:
    page = opened()
    bad = tmp_path / "rows.json"
    bad.write_bytes(b"\x00\x01 not json at all")
    page.locator("#composer input[type=file]").set_input_files(bad)
    expect(page.get_by_role("button", name="Remove file")).to_be_visible()
    page.locator("#composer .submit-button").click()
    expect(said(page)).to_contain_text("rows.json")
    expect(page.locator("#chat .option").first).to_be_visible()
    text = page.locator("#chat").inner_text()
    assert "rows.json" in text.split("Hello.")[-1]
    assert "Traceback" not in text and "Exception" not in text
    shot(page, "bad-file")


def test_a_second_tab_sees_the_same_conversation(opened: Opened) -> None:
    page = opened()
    say(page, "I want a bot that sounds like my grandmother")
    expect(said(page)).to_have_count(1)
    expect(page.locator("#chat .option").first).to_be_visible()
    other = opened(context=page.context, new=False)
    expect(said(other)).to_have_count(1)
    assert other.locator("#chat").inner_text().strip()


def test_another_visitor_on_this_machine_sees_the_newest_project(opened: Opened) -> None:
    page = opened()
    say(page, "I want a bot for our shop")
    expect(said(page)).to_have_count(1)
    expect(page.locator("#chat .option").first).to_be_visible()
    stranger = opened(new=False)
    expect(said(stranger)).to_have_count(1)


def test_on_the_phone_chat_and_workbench_are_two_tabs(opened: Opened, shot: Shot) -> None:
    page = opened("phone")
    expect(page.locator("#bench")).to_be_hidden()
    page.locator("#tabs [data-tab=bench]").click()
    expect(page.locator("#bench")).to_be_visible()
    expect(page.locator("#chat-column")).to_be_hidden()
    expect(page.locator("#panel-plan .tp-note")).to_be_visible()
    assert page.locator("#bench").evaluate("place => place.clientHeight") > 500
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "workbench")
    page.locator("#tabs [data-tab=chat]").click()
    expect(page.locator(BOX)).to_be_visible()


def test_ticks_and_row_numbers_say_the_same(opened: Opened, tmp_path: Path) -> None:
    page = opened()
    file = tmp_path / "rows.jsonl"
    lines = (f'{{"instruction": "question {n}", "output": "answer {n}"}}' for n in range(12))
    file.write_text("\n".join(lines), encoding="utf-8")
    page.locator(".tp-step").nth(1).click()
    page.locator("#panel-dataset input[type=file]").set_input_files(file)
    page.locator("#rows .tp-row").first.wait_for()
    field, ticks = page.locator("#row-ids textarea, #row-ids input"), page.locator("[data-row]")
    ticks.nth(1).check()
    expect(field).to_have_value("2")
    field.fill("2, 4-5")
    expect(page.locator("[data-row]:checked")).to_have_count(3)
    page.get_by_role("button", name="Drop these").click()
    expect(page.locator("#rows .tp-row.dropped")).to_have_count(3)
    expect(field).to_have_value("")
    expect(page.locator("[data-row]:checked")).to_have_count(0)


def test_nothing_a_row_holds_becomes_part_of_the_page(opened: Opened, tmp_path: Path) -> None:
    page = opened()
    file = tmp_path / "rows.jsonl"
    evil = (
        "<img src=x onerror=\\\"document.title='owned'\\\"><script>document.title='owned'</script>"
    )
    file.write_text(
        "\n".join(
            f'{{"instruction": "question {n} {evil}", "output": "answer {n} {evil}"}}'
            for n in range(12)
        ),
        encoding="utf-8",
    )
    page.locator(".tp-step").nth(1).click()
    page.locator("#panel-dataset input[type=file]").set_input_files(file)
    expect(page.locator("#rows .tp-row").first).to_be_visible()
    assert page.locator("#rows img, #rows script, #chat img").count() == 0
