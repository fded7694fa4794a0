"""The learning map in a real browser: opened from the journey, filled by a press, on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Opened = Callable[..., Page]
Shot = Callable[[Page, str], None]
pytestmark = pytest.mark.slow  # a browser and the page's process take their seconds


def steps(page: Page) -> Any:
    return page.locator("#panel-learn .tp-map-step")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_step_that_is_pressed_is_explained_in_the_chat_and_fills_its_part(
    opened: Opened, shot: Shot, locale: str
) -> None:
    page = opened(locale=locale)
    page.locator(".tp-map-open").click()
    expect(steps(page)).to_have_count(33)
    expect(page.locator("#panel-learn .tp-bar")).to_have_count(4)
    page.locator("#panel-learn .tp-map-step.nearest").click()
    expect(page.locator("#chat .user-row")).to_have_count(1)
    expect(page.locator("#panel-learn .tp-map-step.done")).to_have_count(1)
    expect(page.locator("#panel-learn .tp-bar").first).to_have_attribute("aria-valuenow", "1")
    shot(page, "map")
    page.locator("[data-widen]").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "wide")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_on_a_phone_the_map_opens_and_a_press_leads_to_the_chat(
    opened: Opened, shot: Shot, locale: str
) -> None:
    page = opened("phone", locale)
    shot(page, "journey")
    page.locator(".tp-map-open").click()
    expect(steps(page).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "map")
    steps(page).nth(3).click()
    expect(page.locator("#chat .user-row")).to_have_count(1)
    expect(page.locator("#composer textarea")).to_be_visible()
    shot(page, "explained")
