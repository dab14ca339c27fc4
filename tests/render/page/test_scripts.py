"""The page's scripts are one script in the page: none takes a name that another has."""

from __future__ import annotations

import re
from collections import Counter

from blastradius.render.page.explorer import SCRIPTS
from tests.render.page.asking import FOLDER

_NAMED = re.compile(r"^(?:async )?(?:function|class|const) (\w+)", re.MULTILINE)


def test_no_name_is_taken_twice() -> None:
    names = Counter(name for script in SCRIPTS for name in _NAMED.findall((FOLDER / script).read_text("utf-8")))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []


def test_every_script_is_in_the_page() -> None:
    assert sorted(SCRIPTS) == sorted(path.name for path in FOLDER.glob("*.js"))
