#!/usr/bin/env bash
# cron-converter 2.0.2, python-dateutil 4.0.0, pytz 2026.2; beside it cronsim 2.8; CPython 3.11 and later.
#
# Behaviour: its README asks for times with a zone so that the change of the clocks works. With a zone of `zoneinfo` or `dateutil`
# (`timezone_str` makes one of the latter) a schedule adds minutes to the time on the wall. In spring it gives the hour that no
# wall has, and then the hour after it, which is the same one: `next()` goes back, and what is due each half an hour is due twice.
# In autumn nothing is due for an hour. With a zone of `pytz`, as in an example there, the offset of the first day stays for ever:
# what is due at eight comes at nine from the change on. No error is given.
#
# Output seen (Europe/Berlin, as time in UTC; every half an hour, and daily at eight):
#     29 March, */30 * * * *
#         zoneinfo: 00:30 01:00 01:30 01:00 01:30 02:00
#         dateutil: 00:30 01:00 01:30 01:00 01:30 02:00
#         pytz:     00:30 01:00 01:30 02:00 02:30 03:00
#         cronsim:  00:30 01:00 01:30 02:00 02:30 03:00
#     25 October, */30 * * * *
#         zoneinfo: 00:00 00:30 02:00 02:30 03:00 03:30
#         dateutil: 00:00 00:30 02:00 02:30 03:00 03:30
#         pytz:     00:00 00:30 01:00 01:30 02:00 02:30
#         cronsim:  00:00 00:30 01:00 01:30 02:00 02:30
#     28 March, 0 8 * * *
#         zoneinfo: 07:00 06:00 06:00 06:00 06:00 06:00
#         dateutil: 07:00 06:00 06:00 06:00 06:00 06:00
#         pytz:     07:00 07:00 07:00 07:00 07:00 07:00
#         cronsim:  07:00 06:00 06:00 06:00 06:00 06:00
#
# Whom it hurts: who computes with it when the next backup, report or license check is due: two at once or a sleep of less than
# nothing in one night, a gap that looks like a failure in another, and a summer of office hours that are an hour late. A schedule
# in UTC does not have it, where no hour of the day is meant.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install \
    cron-converter==2.0.2 python-dateutil==4.0.0 pytz==2026.2 cronsim==2.8 2>/dev/null

cat >clocks.py <<'PYTHON'
from datetime import datetime, timezone
from itertools import islice
from zoneinfo import ZoneInfo

import dateutil.tz
import pytz
from cron_converter import Cron
from cronsim import CronSim

ZONE = "Europe/Berlin"
ZONES = {
    "zoneinfo": lambda time: time.replace(tzinfo=ZoneInfo(ZONE)),
    "dateutil": lambda time: time.replace(tzinfo=dateutil.tz.gettz(ZONE)),
    "pytz": pytz.timezone(ZONE).localize,
}

for rule, wall in (
    ("*/30 * * * *", datetime(2026, 3, 29, 1, 15)),
    ("*/30 * * * *", datetime(2026, 10, 25, 1, 45)),
    ("0 8 * * *", datetime(2026, 3, 28)),
):
    print(f"{wall:%d %B}, {rule}")
    schedules = {name: Cron(rule).schedule(start_date=zoned(wall)) for name, zoned in ZONES.items()}
    schedules["cronsim"] = CronSim(rule, ZONES["zoneinfo"](wall))
    for name, schedule in schedules.items():
        times = (each.astimezone(timezone.utc) for each in islice(schedule, 6))
        print(f"    {name + ':':9}", *(f"{each:%H:%M}" for each in times))
PYTHON

$python clocks.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
29 March, */30 * * * *
    zoneinfo: 00:30 01:00 01:30 01:00 01:30 02:00
    dateutil: 00:30 01:00 01:30 01:00 01:30 02:00
    pytz:     00:30 01:00 01:30 02:00 02:30 03:00
    cronsim:  00:30 01:00 01:30 02:00 02:30 03:00
25 October, */30 * * * *
    zoneinfo: 00:00 00:30 02:00 02:30 03:00 03:30
    dateutil: 00:00 00:30 02:00 02:30 03:00 03:30
    pytz:     00:00 00:30 01:00 01:30 02:00 02:30
    cronsim:  00:00 00:30 01:00 01:30 02:00 02:30
28 March, 0 8 * * *
    zoneinfo: 07:00 06:00 06:00 06:00 06:00 06:00
    dateutil: 07:00 06:00 06:00 06:00 06:00 06:00
    pytz:     07:00 07:00 07:00 07:00 07:00 07:00
    cronsim:  07:00 06:00 06:00 06:00 06:00 06:00
SEEN
