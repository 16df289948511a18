"""The answer before a person and for other tools: nothing is left out, and nothing said as 0."""

import csv

import jsonschema_rs
import msgspec
import plan_tables as made_up
from junitparser import JUnitXml
from msgspec.structs import replace

from simulator.plan.risk.risk_table import (
    NEVER_CUT_OFF,
    ClosedForm,
    Estimate,
    FormOf,
    RiskBasis,
    RiskTable,
)
from simulator.plan.told.answer import answer_rows
from simulator.plan.told.checks import RiskCheck, checks_junit, form_checks, limit_checks
from simulator.plan.told.document_head import AskedPlan, plan_json
from simulator.plan.told.outcome import plan_csv, plan_outcome, plan_schema
from simulator.plan.variants.comparison import comparison_rows

ASKED = AskedPlan("Three sites", "net.yaml", "internetsim plan risk net.yaml --seed 7")
FORM = ClosedForm("renewal equation", 0.18, Estimate(0.181, 0.17, 0.19), agrees=True)


def checked_table() -> RiskTable:
    """The made-up one, in which a closed form agrees with one site and not with another."""
    table = made_up.table()
    hq, north, south = table.sites
    wrong = replace(FORM, value=0.3, agrees=False)
    return replace(
        table,
        sites=(hq, replace(north, closed_forms=(FORM,)), replace(south, closed_forms=(wrong,))),
    )


def text_of(table: RiskTable) -> str:
    """All rows."""
    return "\n".join(row.text for row in answer_rows(table))


def test_the_answer_has_a_row_for_any_and_for_each_site() -> None:
    """In the order of the file, with intervals, shares of time and closed forms."""
    lines = text_of(checked_table()).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["any", "hq", "north", "south"]
    assert "18.0 %    17.0 to 19.0 %" in lines[3]
    forms = {line.split(":")[0]: line.split() for line in lines if "renewal equation" in line}
    assert [*forms] == ["south", "north"], "what does not agree comes first"
    assert " ".join(forms["south"][4:]) == "30.0 % 17.0 to 19.0 % NO"
    assert " ".join(forms["north"][4:]) == "18.0 % 17.0 to 19.0 % yes"


def test_a_form_of_the_long_run_may_be_too_rare_to_draw() -> None:
    """It has its own value alone; what age and redialing make stands beside a chance."""
    hq, north, south = made_up.table().sites
    rare = ClosedForm("fluid queue", 2.5e8, None, None, FormOf.MEAN_TIME)
    made = Estimate(0.0009, 0.0005, 0.0013)
    forms = replace(north, closed_forms=(FORM, rare), ideal=Estimate(0.18, 0.17, 0.19), made=made)
    text = text_of(replace(made_up.table(), sites=(hq, forms, south)))
    assert "north: years to the first emergency, fluid queue  2.50e+08  too rare to draw" in text
    assert "yes  +0.50 % (0.28 to 0.72 %)" in text


def test_a_precision_that_was_not_reached_is_said() -> None:
    """With what was reached; where nothing was seen there is a bound and nothing else."""
    assert "for any it is 2.17 %" in text_of(replace(made_up.table(), reached=False))
    north, *others = made_up.table().sites
    waits = replace(north, probability=Estimate(0.0, 0.0, 0.000369), outages=6.0)
    partly = replace(made_up.table(), reached=False, sites=(waits, *others))
    assert f"for any it is 2.17 %, for south 7.32 %; {waits.site}, where none was seen" in text_of(
        partly
    )
    unseen = replace(made_up.table(Estimate(0.0, 0.0, 0.000369)), reached=False)
    assert "no emergency was seen in 10000 years, so there is a bound only" in text_of(unseen)


def test_nothing_is_said_as_0_but_by_proof() -> None:
    """What was not seen has its bound, which bounds the time, too; the time off has a column."""
    hq, north, south = made_up.table().sites
    never = replace(
        hq, probability=Estimate(0, 0, 0), outages=0, failover_share=0.0,
        emergency_share=0.0, basis=RiskBasis.PROVED, proof=NEVER_CUT_OFF,
    )  # fmt: skip
    rare = replace(north, probability=Estimate(0, 0, 1e-9), basis=RiskBasis.CALCULATED)
    rare = replace(rare, emergency_share=0.0, off_share=0.002)
    waits = replace(south, probability=Estimate(0, 0, 2e-5), emergency_share=0.0, outages=0.0)
    lines = text_of(replace(made_up.table(), sites=(never, rare, waits))).splitlines()
    assert lines[2].split() == ["hq", "cannot", "0", "0", "%", "0", "%", "none", "seen"]
    assert "under 0.000100 %      calculated" in lines[3]
    assert lines[3].endswith("< 0.000100 %    0.200 %")
    assert "under 0.00200 %       none seen       none seen" in lines[4]
    assert "< 0.00200 %" in lines[4]
    assert f"hq: no emergency can be: {NEVER_CUT_OFF}" in lines


def test_the_upper_end_of_an_interval_is_held_against_a_limit() -> None:
    """A bound is an upper end, too."""
    limits = {"any": 0.187, "north": 0.2, "hq": 0.0001}
    wrong = [bool(check.wrong) for check in limit_checks(made_up.table(), limits)]
    assert wrong == [True, False, True]


def test_ci_sees_a_case_for_each_check() -> None:
    """What is wrong is a failure with the call that repeats it."""
    checks = [RiskCheck("any: at most 1 %", "it may be 2 %"), *form_checks(checked_table())]
    suite = next(iter(JUnitXml.fromstring(checks_junit("net.yaml", ASKED.repeat, checks))))
    failed = [case.name for case in suite if case.result]
    assert (suite.tests, suite.failures) == (3, 2)
    assert failed == ["any: at most 1 %", "south: agrees with renewal equation"]
    assert ASKED.repeat in next(iter(suite)).result[0].text


def test_the_form_for_other_tools_keeps_its_schema() -> None:
    """Also where nothing was seen, and where there is no closed form."""
    document = msgspec.json.decode(plan_json(plan_outcome(checked_table(), ASKED)))
    jsonschema_rs.validate(plan_schema(), document)
    north = document["sites"]["north"]
    assert (north["probability"], north["low"], north["closed_form"]) == (0.18, 0.17, 0.18)
    assert (document["sites"]["hq"]["high"], document["any"]["closed_form"]) == (0.000369, None)


def test_a_spreadsheet_has_a_row_for_any_and_for_each_site() -> None:
    """Under the columns that the form for other tools has."""
    lines = plan_csv({"net": plan_outcome(made_up.table(), ASKED)}).decode().splitlines()
    rows = [*csv.DictReader(lines)]
    assert [row["site"] for row in rows] == ["any", "hq", "north", "south"]
    assert (rows[2]["probability"], rows[2]["closed_form"]) == ("0.18", "")


def test_variants_are_told_apart_by_their_differences() -> None:
    """A difference whose interval has a 0 in it tells nothing."""
    compared = made_up.comparison("recovery full", "recovery recharge", "recovery resume")
    assert [each.is_other for each in compared.variants] == [True, False, True]
    text = "\n".join(row.text for row in comparison_rows(compared))
    assert "3  recovery resume" in text
    assert "2.00 %     1.50 to 2.50 %" in text
    assert "hq" not in text
