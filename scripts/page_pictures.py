"""Make `docs/page/*.png`: every screen of the page with the sample account, as a desk and a phone show it.

Needs Chromium and what the tests need. With a folder named, all widths and themes are put there, to be looked at.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402
from tests.browser.conftest import program  # noqa: E402
from tests.browser.page import THEMES, WIDTHS, Visit, serving, settings_of, visiting  # noqa: E402

from reflection.ingest.sample_account import SAMPLE_WORKSPACE  # noqa: E402
from reflection.wiring import build  # noqa: E402

EXPORT = ROOT / "data" / "samples" / "meta_export" / "ads_manager_monthly_cad.csv"
MAIL = "mailtos://user:password@smtp.example.com?from=reflection@example.com"
PICTURES = ROOT / "docs" / "page"
WIDEST = 2560
SHOWN = {(1280, "light"): "", (390, "dark"): "-phone"}
"""The looks that are kept, and what their files are called."""

SCREENS = {
    "overview": "/",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/cmp_h39_meta_lead",
    "works": "/works",
    "texts": "/works?show=texts",
    "signal": "/works/creative.type%3Avideo?metric=roas",
    "plan": "/plan",
    "allocation": "/plan",
    "ask": "/ask",
    "record": "/record",
    "data": "/data",
    "alerts": "/data",
}


@contextmanager
def account() -> Iterator[str]:
    """The address of a server with the sample account."""
    with tempfile.TemporaryDirectory() as place, build(settings_of(Path(place), mail_url=MAIL)) as application:
        application.sample.load()
        application.learner.learn_now(SAMPLE_WORKSPACE)
        with serving(application) as address:
            yield address


def fill(visit: Visit, name: str) -> None:
    """What a person does on a screen that is empty before: two plans, a budget, a question, a file."""
    page = visit.page
    if name == "plan":
        first = {"Platform": "Meta", "Objective": "Sales", "Budget": "4000", "Currency": "USD"}
        first |= {"Audience": "Students 18-25", "Creative type": "video", "Target CPA": "30", "Planner's": "150"}
        for label, value in first.items():
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Compare with another").click()
        page.locator("fieldset").nth(1).get_by_label("Platform").fill("LinkedIn")
        page.get_by_role("button", name="What will it give?").click()
        visit.settle("each plan will probably give")
        visit.settle("Plan 2: how likely the target")
    elif name == "allocation":
        for label, value in {"Platform": "Meta", "Objective": "Sales", "Budget": "4000", "Currency": "USD"}.items():
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Compare with another").click()
        page.locator("fieldset").nth(1).get_by_label("Platform").fill("LinkedIn")
        page.get_by_text("Least and most for each plan").click()
        page.get_by_label("Plan 1 at most").fill("6000")
        page.get_by_role("button", name="Spread it").click()
        visit.settle("Spread so")
        page.get_by_role("button", name="Spread it").evaluate("button => button.scrollIntoView()")
    elif name == "signal":
        visit.settle("Share it as a link")
    elif name == "ask":
        page.get_by_label("Your question").fill("What do we know about video?")
        page.get_by_role("button", name="Ask", exact=True).click()
        visit.settle("Found in the memory")
    elif name == "data":
        page.get_by_label("Or choose files").set_input_files(EXPORT)
        visit.settle("was read")
    elif name == "texts":
        page.get_by_label("Headline").fill("Can you save 20 % today?")
        page.get_by_role("button", name="Score it").click()
        visit.settle("Score")
        page.evaluate("scrollTo(0, 0)")
    elif name == "alerts":
        page.get_by_text("Tell somebody").first.click()
        if page.get_by_text("ann@example.com").count() == 0:
            page.get_by_label("Mail, or https address").fill("ann@example.com")
            page.get_by_label("Who it is for").first.fill("Ann, weekly")
            page.get_by_label("Weekly report").select_option("as PDF")
            page.get_by_role("button", name="Tell somebody").click()
            visit.settle("is told from now on")
        page.get_by_role("heading", name="Alerts").evaluate("heading => heading.scrollIntoView()")


def main(folder: Path | None) -> None:
    """Draw every screen in every look, or in those that are kept."""
    looks = [(width, theme) for width in (*WIDTHS, WIDEST) for theme in THEMES if folder or (width, theme) in SHOWN]
    (folder or PICTURES).mkdir(parents=True, exist_ok=True)
    with account() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for width, theme in looks:
            with visiting(browser, address, SAMPLE_WORKSPACE, width=width, theme=theme) as visit:
                for name, path in SCREENS.items():
                    visit.open(path)
                    fill(visit, name)
                    suffix = f"-{width}-{theme}" if folder else SHOWN[width, theme]
                    place = (folder or PICTURES) / f"{name}{suffix}.png"
                    visit.page.screenshot(path=place, full_page=folder is not None)
                    print(place)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
