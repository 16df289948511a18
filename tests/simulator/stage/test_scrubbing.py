"""The page of a past instant is, field by field, that of a run that was stopped then."""

from random import Random  # noqa: TID251 - a test that draws

import pytest
from staged import at, plain, shipped, staged

from simulator.runs.play import play_timeline
from simulator.stage.fold import Fold

LOOKS = ({"kind": "node", "name": "north"}, {"kind": "license", "name": "hq:ip"},
         {"kind": "link", "name": "hq-north", "story_of": "north"}, {})  # fmt: skip


async def stopped_and_scrubbed(instants_ms: list[int]) -> list[tuple[dict, dict]]:
    """What a run shows that goes on from instant to instant, and what its recording shows later."""
    stopped = []
    async with staged(shipped()) as stage:
        playing = stage.net._running.tasks.create_task(play_timeline(stage.net))
        for number, instant_ms in enumerate(instants_ms):
            await stage.net.sleep_until_ns((instant_ms + 1) * 1_000_000 - 1)
            stopped.append(plain(at(stage, **LOOKS[number % len(LOOKS)])))
        await playing
        scrubbed = [
            plain(at(stage, instant_ms, **LOOKS[number % len(LOOKS)]))
            for number, instant_ms in enumerate(instants_ms)
        ]
    return list(zip(stopped, scrubbed, strict=True))


def instants_ms() -> list[int]:
    """Fifty, most of them close to where something happens."""
    dice, day = Random(20), 86_400_000
    near = [0, 3_600_000, 7_200_000, 3 * day, 3 * day + 600_000, 33 * day, 34 * day, 35 * day]
    return sorted(dice.choice(near) + dice.randrange(2 * 3_600_000) for _ in range(50))


async def test_a_scrubbed_page_is_that_of_a_run_stopped_then():
    """At fifty random instants: every node, link, license, sentence, step and reason."""
    pairs = await stopped_and_scrubbed(instants_ms())
    assert [(stopped, scrubbed) for stopped, scrubbed in pairs if stopped != scrubbed] == []
    assert len({str(stopped["sites.north.state"]) for stopped, _ in pairs}) >= 3
    assert len(pairs[0][0]) > 100


async def test_a_change_that_is_not_recorded_is_found(monkeypatch: pytest.MonkeyPatch):
    """Planted: a value that is changed in the present only."""

    def forgetful(self: Fold, at_ns: int, key: tuple[str, ...], value: object) -> None:
        if self.recording.now.get(key) is None:
            self.recording.change(at_ns, key, value)
        self.recording.now[key] = value

    monkeypatch.setattr(Fold, "_set", forgetful)
    pairs = await stopped_and_scrubbed(instants_ms()[::7])
    assert any(stopped != scrubbed for stopped, scrubbed in pairs)
