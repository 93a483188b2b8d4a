"""The report as a file: nothing of the data is markup, every number names its runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from sccbgm.report.page import PaperSheets, Report, ReportFigure, page
from sccbgm.report.sheet import ReportTable, Sheet, SheetCell, SheetLine, frame_sheet, with_rows
from sccbgm.tables.names import Names

NASTY = "</script><b>T & B</b>"
PLACE = {"dataset": "d", "target": "stim", "method": "m", "mode": "edit", "preset": "recommended",
         "variant": "default", "metric": "rmmd"}  # fmt: skip
RUNS = pd.DataFrame(
    PLACE
    | {
        "task": ["t0", "t0", "t1"],
        "seed": [1, 2, 1],
        "value": [0.5, 0.25, float("nan")],
        "label": [NASTY, "", ""],
        "shard": ["a", "b", "a"],
    }
)


def report(tmp_path) -> Report:
    lines = (
        SheetLine((SheetCell(NASTY), SheetCell("0.5 ± 0.1", 0.5, best=True, runs="0 1"))),
        SheetLine((SheetCell("other"), SheetCell("0.25", 0.25, mark="a", runs="1"))),
        SheetLine((SheetCell("third"), SheetCell("10", 10.0)), "control"),
        SheetLine((SheetCell("empty"), SheetCell("–"))),
    )
    table = ReportTable(
        "t", f"Title {NASTY}", "caption", Sheet("t", ("Method", "x"), lines), (("a", "note"),)
    )
    png = tmp_path / "f.png"
    png.write_bytes(b"not drawn here")
    jobs = {"a": {"log": "logs/a.log"}, "b": {"log": "logs/b.log"}, "c": {"log": "unused"}}
    return Report(
        "A run", "made today", "results: x", [table], RUNS, [ReportFigure("f", "cap", png)],
        failures=[NASTY], warnings=["cells: found 9"], jobs=jobs,
    )  # fmt: skip


def test_texts_of_the_data_are_escaped(tmp_path):
    html = page(report(tmp_path))
    assert NASTY not in html
    assert "&lt;/script&gt;&lt;b&gt;T &amp; B&lt;/b&gt;" in html
    assert html.count("</script>") == 2, "only our own elements end"
    assert "<li>cells: found 9</li>" in html


def test_the_numbers_of_a_comparison_name_the_rows_behind_them(rows):
    values = {("b_cells_0", 1): 0.5, ("b_cells_0", 2): 0.7, ("cd4_0", 1): 0.2}
    table = pd.DataFrame(
        {"Method": ["scCBGM"], "b_cells_0": [0.6], "cd4_0": [None], "Mean": [0.4], "p": [0.1]}
    )
    sheet = with_rows(frame_sheet("t", table), rows(values), Names(None))
    assert [cell.runs for cell in sheet.lines[0].cells] == ["", "0 1", "", "0 1 2", ""]


def test_it_holds_the_runs_that_its_numbers_name_and_no_others(tmp_path):
    html = page(report(tmp_path))
    content = json.loads(re.search(r'id="runs">(.*?)</script>', html)[1])
    assert set(content["rows"]) == {"0", "1"}
    assert set(content["jobs"]) == {"a", "b"}
    assert content["rows"]["0"][content["columns"].index("label")] == NASTY
    name = content["rows"]["0"][content["columns"].index("sccbgm reproduce")]
    assert name == "d/t0/stim/m/edit/recommended/default/1/rmmd"


def test_it_holds_the_runs_of_the_published_numbers(tmp_path):
    numbers = Sheet("n", ("this run",), (SheetLine((SheetCell("1", 1.0, runs="2"),)),))
    verdicts = PaperSheets("", "", Sheet("s", (), ()), numbers)
    html = page(replace(report(tmp_path), verdicts=verdicts))
    content = json.loads(re.search(r'id="runs">(.*?)</script>', html)[1])
    assert set(content["rows"]) == {"0", "1", "2"}


def test_verdicts_and_the_main_figure_come_first(tmp_path):
    empty = Sheet("n", (), ())
    verdicts = PaperSheets("Of 3 numbers: 3 agree.", "rule", empty, empty)
    more = replace(report(tmp_path), verdicts=verdicts, reduced=["d: few cells", "e: fewer"])
    html = page(more)
    order = ["few cells", "Of 3 numbers", 'id="figure-1"', 'id="verdicts"', 'id="table-1"']
    places = [html.index(text) for text in order]
    assert places == sorted(places)
    assert html.count('id="figure-1"') == 1


def test_nothing_is_fetched(tmp_path):
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page(report(tmp_path)))


def test_a_frame_is_a_sheet():
    sheet = frame_sheet("n", pd.DataFrame({"a": [1, 2000], "b": [0.123456, float("nan")]}))
    assert [cell.text for cell in sheet.lines[1].cells] == ["2,000", "–"]
    assert sheet.lines[0].cells[1].value == pytest.approx(0.123456)


@pytest.fixture(params=[400, 1600])
def browser(request):
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    for flag in (
        *("headless=new", "no-sandbox", "disable-gpu", "no-first-run"),
        *("disable-background-networking", "disable-component-update", "disable-sync"),
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    yield driver
    driver.quit()


@pytest.mark.browser
def test_in_a_browser(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(report(tmp_path)), encoding="utf-8")
    browser.get(path.as_uri())

    def find(css):
        return browser.find_elements("css selector", css)

    def first_column():
        cells = find("#table-1 tbody tr:not([hidden]) td:first-child")
        return [cell.text for cell in cells]

    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    head = find("#table-1 th button")[1]
    head.send_keys("\ue007")  # Enter: the keyboard sorts
    assert first_column() == ["other", NASTY, "third", "empty"]
    head.click()
    assert first_column() == ["third", NASTY, "other", "empty"], "what is missing stays last"
    find("#table-1 input")[0].send_keys("OTHER")
    assert first_column() == ["other"]
    find("#table-1 input")[0].clear()
    find("#table-1 input")[0].send_keys("b")
    find("#table-1 button.number")[0].click()
    details = find("dialog[open] details")
    assert [d.find_element("css selector", "summary").text for d in details] == [
        "t0, seed 1: 0.5",
        "t0, seed 2: 0.25",
    ]
    details[0].find_element("css selector", "summary").click()
    assert "logs/a.log" in details[0].text
    errors = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    assert not errors
