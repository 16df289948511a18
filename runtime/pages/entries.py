"""What a person entered into a form: read whole, kept whole, never trusted."""

from collections.abc import Iterable, Iterator

from aiohttp import web

from licensing.errors import LicensingError
from runtime.problem_answers import in_time

_KEPT = "kept-"


class Entries:
    """Values by the name of their field; a field may have several. Uploads are name and text."""

    def __init__(self, values: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        self.uploads: list[tuple[str, str]] = []
        for name, value in values:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """One more value of a field, unless it has this value already."""
        values = self._values.setdefault(name, [])
        if value not in values:
            values.append(value)

    def one(self, name: str) -> str:
        """The value of a field, "" where nothing was entered."""
        return self.all(name)[0] if self.all(name) else ""

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return self._values.get(name, [])

    def preset(self, name: str, value: str) -> str:
        """Enter what is known where nothing was entered; returns "", for templates."""
        if not self.all(name):
            self.add(name, value)
        return ""

    def drop(self, name: str) -> None:
        """Forget a field."""
        self._values.pop(name, None)

    def to_keep(self) -> Iterator[tuple[str, str]]:
        """Names and values for hidden fields, from which `kept` makes the same entries again."""
        for name, values in self._values.items():
            yield from ((_KEPT + name, value) for value in values)

    def kept(self) -> "Entries":
        """The entries that a page kept for this one while the person signed in."""
        return Entries(
            (name.removeprefix(_KEPT), value)
            for name, values in self._values.items()
            for value in values
            if name.startswith(_KEPT)
        )

    def __bool__(self) -> bool:
        return any(value.strip() for values in self._values.values() for value in values)


async def read_entries(request: web.Request) -> Entries:
    """The entries of a submitted form.

    Raises `request-too-large`, `request-malformed` or `request-incomplete`. The body's limit is
    below the size from which an upload would go to a file by way of a thread.
    """
    try:
        async with in_time():
            posted = await request.post()
    except web.HTTPRequestEntityTooLarge as error:
        raise LicensingError("request-too-large", limit=request.client_max_size) from error
    except (ValueError, LookupError, web.HTTPException) as error:
        raise LicensingError("request-malformed", reason="it is no form") from error
    entries = Entries()
    for name, value in posted.items():
        if isinstance(value, str):
            entries.add(name, value)
        elif isinstance(value, web.FileField):
            text = value.file.read().decode(errors="replace")
            entries.uploads.append((value.filename, text))
    return entries
