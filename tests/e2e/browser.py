"""Debian's chromium without a window, driven by Debian's selenium."""
import shutil
import sys

for place in ("", "/usr/lib/python3/dist-packages"):  # Debian's own, whichever python3 comes first
    try:
        if place:
            sys.path.append(place)
        from selenium import webdriver
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.chrome.service import Service
        break
    except ImportError:
        webdriver, WebDriverException = None, Exception


def new_browser(size="1400,1000"):
    """A browser with an empty profile, or None where chromium, chromedriver or selenium is not there."""
    if not webdriver or not shutil.which("chromium") or not shutil.which("chromedriver"):
        return None
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={size}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    browser.set_script_timeout(60)
    return browser
