#!/usr/bin/env bash
# businesstimedelta 1.0.1, pytz 2026.2, CPython 3.11 and later.
#
# Behaviour: a rule whose end lies before its start is a night's: "Overnight Shifts" of the README. Between that start and
# midnight the rule looks for the next day already, and after midnight for the next evening. So a window that is asked from within,
# or from its very first instant, is not there: nothing of it is counted, and what is added to a time goes to the night after. From
# the afternoon before all is right, and windows by day are right from anywhere, so it does not happen where one tries it out.
#
# Output seen (hours counted between two times; when two hours of the window, from the first of them, are over):
#     by day   Mon 09:00 to Mon 17:00: 8 of 8, Mon 11:00
#     by day   Mon 12:00 to Mon 15:00: 3 of 3, Mon 14:00
#     by night Mon 21:00 to Tue 06:00: 8 of 8, Tue 00:00
#     by night Mon 22:00 to Tue 06:00: 0 of 8, Wed 00:00
#     by night Mon 23:00 to Tue 05:00: 0 of 6, Wed 00:00
#     by night Tue 01:00 to Tue 05:00: 0 of 4, Wed 00:00
#
# Whom it hurts: maintenance windows and service hours at night: of an outage that begins within one nothing is counted, and a work
# of two hours that starts at eleven ends a day too late. Two rules that meet at midnight (22:00 to time.max, and 0:00 to 6:00 of
# the days after) are right but for a microsecond.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install businesstimedelta==1.0.1 pytz==2026.2 2>/dev/null

cat >counted.py <<'PYTHON'
from datetime import datetime, time

import pytz
from businesstimedelta import BusinessTimeDelta, Rules, WorkDayRule

ZONE = pytz.timezone("Europe/Berlin")
WORKDAYS = [0, 1, 2, 3, 4]
DAY = "by day  ", Rules([WorkDayRule(time(9), time(17), WORKDAYS, tz=ZONE)])
NIGHT = "by night", Rules([WorkDayRule(time(22), time(6), WORKDAYS, tz=ZONE)])
MONDAY, TUESDAY = 23, 24

for (name, rules), begin, end, hours in (
    (DAY, (MONDAY, 9), (MONDAY, 17), 8),
    (DAY, (MONDAY, 12), (MONDAY, 15), 3),
    (NIGHT, (MONDAY, 21), (TUESDAY, 6), 8),
    (NIGHT, (MONDAY, 22), (TUESDAY, 6), 8),
    (NIGHT, (MONDAY, 23), (TUESDAY, 5), 6),
    (NIGHT, (TUESDAY, 1), (TUESDAY, 5), 4),
):
    begin, end = (ZONE.localize(datetime(2026, 11, *each)) for each in (begin, end))
    counted = rules.difference(begin, end).timedelta.total_seconds() / 3600
    over = begin + BusinessTimeDelta(rules, hours=2)
    print(f"{name} {begin:%a %H:%M} to {end:%a %H:%M}: {counted:.0f} of {hours}, {over:%a %H:%M}")
PYTHON

$python counted.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
by day   Mon 09:00 to Mon 17:00: 8 of 8, Mon 11:00
by day   Mon 12:00 to Mon 15:00: 3 of 3, Mon 14:00
by night Mon 21:00 to Tue 06:00: 8 of 8, Tue 00:00
by night Mon 22:00 to Tue 06:00: 0 of 8, Wed 00:00
by night Mon 23:00 to Tue 05:00: 0 of 6, Wed 00:00
by night Tue 01:00 to Tue 05:00: 0 of 4, Wed 00:00
SEEN
