from hypothesis import given
from hypothesis import strategies as st

from master_cla.holdings import Granted

grants = st.dictionaries(st.integers(1, 40), st.integers(0, 3))


@given(grants, grants, st.integers(0, 41))
def test_what_was_granted_before_is_counted_from_either_end(first, later, number):
    """In whatever order grants come, change and go, it is the sum of the earlier ones."""
    granted = Granted()
    for changes in (first, later):
        for each, quantity in changes.items():
            granted.put(each, quantity)
    left = {each: quantity for each, quantity in (first | later).items() if quantity}
    total = sum(left.values())
    expected = sum(quantity for each, quantity in left.items() if each < number)
    assert granted.before(number, total) == expected
