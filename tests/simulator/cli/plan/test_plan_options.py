"""What a plan is asked in: each wrong quantity is refused in words that lead on."""

import pytest

from licensing.policies import DAY_NS
from simulator.cli.plan import options
from simulator.cli.wrong_call import WrongCall


def test_quantities_are_read_as_a_planner_writes_them() -> None:
    """Years of 365 days, shares in percent, limits for any and for a site."""
    assert options.horizon_ns("0.5") == 182.5 * DAY_NS
    assert options.precision("5 %") == options.precision("5%") == 0.05
    assert options.minutes("0.5") == 0.5
    assert options.limits(["1%", "north=0.1%"], ["hq", "north"]) == {"any": 0.01, "north": 0.001}


@pytest.mark.parametrize(
    ("read", "said", "words"),
    [
        (options.precision, "5", "with its sign, such as 5%"),
        (options.precision, "0%", "nothing that is drawn is exact"),
        (options.precision, "0.01%", "from 0.1% to 50%"),
        (options.precision, "200%", "from 0.1% to 50%"),
        (options.precision, "-5%", "a share in percent is expected"),
        (options.horizon_ns, "0", "from 0.003"),
        (options.horizon_ns, "1000", "to 27 is expected"),
        (options.horizon_ns, "1 year", "such as 1 or 0.5"),
        (options.horizon_ns, "nan", "such as 1 or 0.5"),
        (options.minutes, "0", "more than 0"),
        (options.minutes, "1e9", "such as 5 or 0.5"),
        (lambda said: options.limits([said], ["hq"]), "0.01", "with its sign"),
        (lambda said: options.limits([said], ["hq"]), "hq=200%", "hq=200%: a chance is at most"),
        (lambda said: options.limits([said], ["hq"]), "moon=1%", "no site 'moon'; there are hq"),
        (lambda said: options.limits([said], ["north"]), "nort=1%", "did you mean 'north'?"),
        (lambda said: options.limits([said, "2%"], ["hq"]), "any=1%", "given twice for any"),
    ],
)
def test_a_wrong_quantity_is_refused_with_the_way_out(read, said: str, words: str) -> None:
    """In one line that names the option and what was written."""
    with pytest.raises(WrongCall, match=words) as refused:
        read(said)
    assert str(refused.value).startswith("--")
