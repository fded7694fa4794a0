"""The whole journey by clicking, idea to published model, with no key and no network."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from data.say import say

Opened = Callable[..., Page]
Shot = Callable[[Page, str], None]
MINUTES = 60_000


def press(page: Page, label: str, patience: float = 60_000) -> None:
    button = page.locator("#chat .option", has_text=re.compile(f"^{re.escape(label)}$"))
    button.last.click(timeout=patience)


def option(name: str, language: str) -> str:
    return say(f"agent.option.{name}", language)


def answer_questions(page: Page, language: str) -> None:
    """Press the first answer until the brief is there."""
    fits = page.locator("#chat .option", has_text=option("brief_fits", language))
    for _ in range(6):
        expect(page.locator("#chat .option").first).to_be_visible()
        page.wait_for_timeout(1200)
        if fits.count():
            return
        page.locator("#chat .option").first.click()
    expect(fits).to_be_visible()


@pytest.mark.slow
def test_from_the_idea_to_the_published_model_by_clicking_only(opened: Opened, shot: Shot) -> None:
    language, page = "en", opened()
    yes = say("agent.yes", language)
    page.locator("#chat .option").first.click()
    answer_questions(page, language)
    shot(page, "1-brief")
    press(page, option("brief_fits", language))
    press(page, option("sample_support_en", language))
    expect(page.locator("#rows .tp-row").first).to_be_visible()
    shot(page, "2-data")
    press(page, option("freeze", language))
    shot(page, "3-base")
    press(page, option("use_starter", language))
    press(page, option("make_plan", language))
    expect(page.locator("#composer .stop-button")).to_be_visible()
    page.locator("#composer textarea").fill("a thought while it works")
    page.locator("#composer textarea").press("Enter")  # waits in the box until the turn is over
    start = page.locator("#chat .option", has_text=option("start", language))
    expect(start).to_be_visible(timeout=3 * MINUTES)
    expect(page.locator("#composer textarea")).to_have_value("a thought while it works")
    page.locator("#composer textarea").fill("")
    press(page, option("start", language))
    press(page, yes)
    expect(page.locator("#curve polyline").first).to_be_attached(timeout=3 * MINUTES)
    shot(page, "4-training")
    page.close()  # the job goes on without the page
    page = opened(context=page.context, new=False)
    expect(page.locator("#panel-train .tp-bar")).to_be_visible()
    compare = page.locator("#chat .option", has_text=option("compare", language))
    expect(compare).to_be_visible(timeout=15 * MINUTES)
    expect(page.locator("#panel-train .tp-card h3").first).to_be_visible()
    shot(page, "4-reading")
    press(page, option("compare", language))
    shot(page, "5-comparing")
    expect(page.locator(".tp-pair").first).to_be_visible(timeout=10 * MINUTES)
    expect(page.locator("#bench .tp-loss")).to_be_visible()
    shot(page, "6-judge")
    press(page, option("publish", language), 60_000)
    press(page, yes)
    press(page, option("serve", language), 5 * MINUTES)
    expect(page.locator("#trial-box textarea")).to_be_visible(timeout=3 * MINUTES)
    page.locator("#trial-box textarea").fill("My parcel has not arrived.")
    page.locator("#trial-box textarea").press("Enter")
    expect(page.locator("#trial .bot-row, #trial .bot")).not_to_have_count(0, timeout=2 * MINUTES)
    shot(page, "7-published")
    page.reload()
    expect(page.locator("#chat .user-row").first).to_be_attached()
    press(page, option("stop_serving", language))
    expect(page.locator("#trial-box textarea")).to_be_hidden(timeout=MINUTES)
