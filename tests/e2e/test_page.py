#!/usr/bin/env python3
"""The page in a real browser: Debian's chromium without a window, driven by Debian's selenium; one for all tests.

Skipped where chromium, chromedriver or selenium is not there."""
import sys

from browser import WebDriverException, new_browser
from harness import Skip, campaign, main, test, wait_for

VIEWS = ["overview", "curves", "parallel", "scatter", "rungs", "timeline", "trials", "importance", "workers",
         "failures"]
browser = None


def open_browser():
    """The one browser; Skip where there is none."""
    global browser
    browser = browser or new_browser()
    if not browser:
        raise Skip("there is no chromium, chromedriver or python3-selenium")
    return browser


class Page:
    """The page of a house's store."""

    def __init__(self, house, *words):
        self.browser = open_browser()
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        wait_for(lambda: self.opens(house.ask("web", "--print", *words).stdout.strip()), "the page is served")
        self.wait("#figure-best, #query", "the page is drawn")

    def opens(self, url):
        try:
            self.browser.get(url)
        except WebDriverException:
            return False
        return True

    def run(self, script, *values):
        return self.browser.execute_script(script, *values)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def wait(self, selector, what):
        wait_for(lambda: self.run("return !!document.querySelector(arguments[0])", selector), what)

    def wait_text(self, selector, part):
        wait_for(lambda: part in self.text(selector), f"{selector} says {part}")

    def click(self, selector):
        self.wait(selector, f"{selector} is there")
        self.run("document.querySelector(arguments[0]).click()", selector)

    def type(self, selector, text):
        self.run("const e = document.querySelector(arguments[0]); e.value = arguments[1];"
                 "e.dispatchEvent(new Event('input', {bubbles: true}))", selector, text)

    def n_trials(self):
        words = self.text("#passed").split(" ")  # 3 of 12 trials
        return int(words[2]) if len(words) > 2 else 0

    def view(self, name):
        self.click(f"#to-{name}")
        self.wait(f"#to-{name}[aria-current=page]", f"the view {name} is shown")

    def drag(self, x0, y0, x1, y1):
        """With the pointer, over the topmost canvas of the view."""
        self.run("""
          const canvas = document.querySelector(".plot canvas[aria-hidden]"), at = canvas.getBoundingClientRect();
          canvas.setPointerCapture = () => {};
          const [x0, y0, x1, y1] = arguments;
          for (const [kind, x, y] of [["down", x0, y0], ["move", x1, y1], ["up", x1, y1]]) {
            const place = {clientX: at.left + x, clientY: at.top + y, bubbles: true, pointerId: 1};
            canvas.dispatchEvent(new PointerEvent("pointer" + kind, place));
          }
        """, x0, y0, x1, y1)

    def has_ink(self):
        """Whether something is drawn on every canvas of the view that is not for the pointer."""
        return self.run("""
          const isBelow = (c) => c.getAttribute("aria-hidden") !== "true" && !c.closest(".u-over");
          const all = [...document.querySelectorAll("main canvas")].filter(isBelow);
          const pixels = (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
          return all.length > 0 && all.every((c) => c.width > 0 && pixels(c).some((v) => v > 0));
        """)

    def no_errors(self, allowed=()):
        bad = [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]
        bad = [message for message in bad if not any(part in message for part in allowed)]
        assert not bad, bad


def serve(house):
    open_browser()  # or skip
    log = house.path(f"rungd-{len(house.children)}.err")
    child = house.start("rungd", "--store", house.store)
    wait_for(lambda: "the page is at" in text_of(log), "it serves the page")
    return child


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def record(house):
    """A campaign that is over, with a failure, and the coordinator that serves it."""
    house.run(house.write("small.json", campaign(trials=12, fixed={})))
    return serve(house)


@test
def each_view_of_a_recorded_campaign_is_drawn(house):
    record(house)
    page = Page(house)
    for view in VIEWS:
        page.view(view)
        page.wait("main .panel", f"{view} has a panel")
        if view in ("overview", "curves", "parallel", "scatter", "rungs", "timeline"):
            wait_for(page.has_ink, f"{view} draws")
    page.view("importance")
    page.wait("#importance li, main .empty", "importance answers")
    best = house.value("SELECT trial FROM best_trial")
    page.view("overview")
    assert f"trial {best}" in page.text("#figure-best"), page.text("#figure-best")
    page.view("trials")
    page.wait(".trials .row .box input", "the table has rows")
    page.run("location.hash = arguments[0]", f"#/trial/{best}")
    page.wait("#story li", "the story of the best is told")
    assert "proposed" in page.text("#story"), page.text("#story")
    page.no_errors()


@test
def a_brush_and_a_query_hold_in_all_views_and_in_the_address(house):
    record(house)
    page = Page(house)
    page.wait_text("#passed", "12 of 12")
    page.view("parallel")
    wait_for(page.has_ink, "the lines are drawn")
    page.drag(64, 120, 64, 300)
    page.wait(".filters .chip", "the brush is a filter")
    wait_for(lambda: "range=" in page.run("return location.hash"), "it is in the address")
    passed = page.text("#passed")
    assert not passed.startswith("12 of"), passed
    page.view("trials")
    assert page.text("#passed") == passed
    page.run("location.reload()")
    page.wait_text("#passed", passed)
    page.click("#clear")
    page.wait_text("#passed", "12 of 12")
    page.click("#full")
    full = house.value("SELECT count(*) FROM trial WHERE reached >= 9")
    page.wait_text("#passed", f"{full} of 12")
    page.click("#clear")
    page.type("#query", "x < 0.5 and state = stopped")
    few = house.value("SELECT count(*) FROM trial WHERE json_extract(config, '$.x') < 0.5 AND state = 'stopped'")
    page.wait_text("#passed", f"{few} of 12")
    page.type("#query", "nonsense < 1")
    page.wait_text("#passed", "no column")
    page.click("#clear")
    page.view("scatter")
    wait_for(page.has_ink, "the matrix is drawn")
    page.drag(70, 380, 200, 480)
    page.wait(".filters .chip", "a rectangle is a filter")
    page.no_errors()


@test
def a_brush_is_moved_by_keyboard_too(house):
    record(house)
    page = Page(house)
    page.view("parallel")
    page.wait(".axis-name button", "the axes have names")
    press = """
      const axis = [...document.querySelectorAll(".axis-name button")].find((b) => b.textContent === "x");
      axis.focus();
      axis.dispatchEvent(new KeyboardEvent("keydown", { key: arguments[0], shiftKey: arguments[1], bubbles: true }));
      const said = () => axis.getAttribute("aria-label");
      return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(said()))))"""
    assert "not brushed" in page.run(press, "Home", False)
    for _ in range(8):
        page.run(press, "ArrowUp", False)
    said = page.run(press, "ArrowDown", True)
    assert "brushed: 0." in said and " to 0." in said, said
    assert not page.text("#passed").startswith("12 of"), page.text("#passed")
    page.run(press, "Escape", False)
    page.wait_text("#passed", "12 of 12")
    page.no_errors()


@test
def more_pages_than_a_browser_has_connections_are_all_served(house):
    record(house)
    page = Page(house)
    browser = page.browser
    first = browser.current_window_handle
    url = house.ask("web", "--print").stdout.strip()
    try:
        for _ in range(8):
            browser.switch_to.new_window("tab")
            browser.get(url)
            page.wait_text("#passed", "12 of 12")
        page.view("importance")
        page.wait("#importance li, main .empty", "the last of them is answered")
        browser.switch_to.window(first)
        house.ask("extend", "small", "--trials", "+3")
        page.wait_text(".head, header", "small")
        wait_for(lambda: "of 15" in page.text("main") or "15" in page.text("body"), "the first one has gone on")
    finally:
        for handle in browser.window_handles:
            if handle != first:
                browser.switch_to.window(handle)
                browser.close()
        browser.switch_to.window(first)


@test
def an_operator_steers_after_a_confirmation_and_a_viewer_cannot(house):
    record(house)
    page = Page(house, "--viewer")
    page.wait_text(".side .note", "look on")
    assert not page.run("return !!document.querySelector('#steering')")
    page = Page(house)
    page.click("#deed-extend")
    page.wait_text("#effect", "beyond its limits")
    page.type("dialog input[name=more_trials]", "nothing")
    page.click("#confirm")
    page.wait_text("dialog .mistake", "no whole number")
    page.type("dialog input[name=more_trials]", "5")
    page.click("#confirm")
    wait_for(lambda: house.value("SELECT count(*) FROM steering WHERE action = 'extend'") == 1, "it is extended")
    page.wait("#deed-pause", "it runs again, and the page knows without asking")
    page.click("#deed-pause")
    page.wait_text("#effect", "Nothing is lost")
    page.click("#confirm")
    wait_for(lambda: house.value("SELECT state FROM campaign") == "paused", "it is paused")
    page.wait("#deed-resume", "the page offers to resume")
    page.click("#deed-stop")
    page.wait_text("#effect", "ends")
    page.click("#confirm")
    wait_for(lambda: house.value("SELECT state FROM campaign") == "stopped", "it is stopped")
    page.no_errors()


@test
def a_live_campaign_is_followed_also_over_a_restart(house):
    coordinator = serve(house)
    house.ask("submit", house.write("live.json", campaign(name="live", trials=400, fixed={"seconds": 0.02})))
    page = Page(house)
    house.start("rung-worker", "--connect", f"ipc://{house.store}/rungd.sock", "--slots", "2", "--dir",
                house.path("agent"), "--allow-commands", "*")
    wait_for(lambda: page.n_trials() > 3,
             "trials come by themselves")
    for view in VIEWS:
        page.view(view)
        page.wait("main .panel", f"{view} has a panel")
    page.no_errors()
    coordinator.terminate()
    coordinator.wait()
    page.wait("#banner-down", "the page says calmly that nobody answers")
    serve(house)
    wait_for(lambda: not page.run("return !!document.querySelector('#banner-down')"), "it goes on by itself")
    n = house.value("SELECT count(*) FROM trial")
    wait_for(lambda: page.n_trials() > n,
             "and trials come again")
    page.no_errors(allowed=("net::ERR_", "status of 503"))  # whoever asks while it ends is told so


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        if browser:
            browser.quit()
