# SPDX-License-Identifier: MIT
"""Facts of the machine that the tests run on, with libraries or devices put in place of its own."""
import os

import tap


class Facts:
    """What `gpudoctor facts TABLE…` says: cells by table, key and column."""

    def __init__(self, tables, *args, **options):
        self.take(tap.run("facts", *tables, "--format", "json", *args, **options))

    def take(self, done):
        self.done = done
        self.tables = tap.load(done) if done.returncode == 0 else {}

    @classmethod
    def of(cls, done):
        facts = cls.__new__(cls)
        facts.take(done)
        return facts

    def table(self, name):
        return self.tables.get(name, {"complete": None, "rows": []})

    def keys(self, table):
        return [list(row.values())[0]["value"] for row in self.table(table)["rows"]]

    def cell(self, table, key, column):
        for row in self.table(table)["rows"]:
            if list(row.values())[0]["value"] == key:
                return row[column]
        return {"state": "there is no row " + key}

    def get(self, table, key, column):
        """The value, or "(absent)", or the reason of an unknown in brackets."""
        cell = self.cell(table, key, column)
        if cell["state"] == "known":
            return cell["value"]
        return "(%s)" % (cell.get("reason") or cell["state"])

    def lasting(self, *libraries):
        """All tables, without what changes by itself, and of the libraries only these."""
        tables = {name: dict(table) for name, table in self.tables.items()}
        rows = [row for row in tables.get("library", {"rows": []})["rows"] if row["id"]["value"] in libraries]
        for name, table in tables.items():
            kept = rows if name == "library" else table["rows"]
            table["rows"] = [{k: v for k, v in row.items() if k != "took_ms"} for row in kept]
        return tables

    def row(self, table, key, *columns):
        return [self.get(table, key, c) for c in columns]


def environment(**variables):
    return dict(os.environ, **variables)


def preloading(library, **variables):
    """A preloaded library stands before a sanitizer's, which must be told that this is meant."""
    sane = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return environment(LD_PRELOAD=library, ASAN_OPTIONS=sane, **variables)


def findings(*args, **options):
    """The findings of a check, by rule and the key of the row that it is about."""
    said = tap.load(tap.run("check", "--format", "json", *args, **options))
    return {(f["rule"], f["key"]): f for f in said["findings"]}
