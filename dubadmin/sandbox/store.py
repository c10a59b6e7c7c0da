"""The sandbox's SQLite store: its tables, its connections, its copy of the start."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS customers (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, email TEXT, email_key TEXT,
    avatar TEXT, external_id TEXT, external_key TEXT UNIQUE, stripe_id TEXT UNIQUE,
    country TEXT, link_id TEXT, click_id TEXT, program_id TEXT, partner_id TEXT,
    sales INTEGER NOT NULL DEFAULT 0, sale_amount INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, first_sale_at INTEGER, canceled_at INTEGER);
CREATE INDEX IF NOT EXISTS customers_created ON customers (created_at);
CREATE INDEX IF NOT EXISTS customers_amount ON customers (sale_amount);
CREATE INDEX IF NOT EXISTS customers_first_sale ON customers (first_sale_at);
CREATE INDEX IF NOT EXISTS customers_canceled ON customers (canceled_at);
CREATE INDEX IF NOT EXISTS customers_email ON customers (email_key);
CREATE INDEX IF NOT EXISTS customers_country ON customers (country, created_at);
CREATE INDEX IF NOT EXISTS customers_link ON customers (link_id, created_at);
CREATE INDEX IF NOT EXISTS customers_partner ON customers (partner_id, created_at);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5
    (email, name, tokenize = "unicode61 remove_diacritics 2 tokenchars '_'");

CREATE TABLE IF NOT EXISTS links (
    id TEXT PRIMARY KEY, domain TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL,
    external_id TEXT, tenant_id TEXT, program_id TEXT, partner_id TEXT,
    elsewhere INTEGER NOT NULL DEFAULT 0, disabled_at INTEGER,
    archived INTEGER NOT NULL DEFAULT 0, clicks INTEGER NOT NULL DEFAULT 0,
    leads INTEGER NOT NULL DEFAULT 0, conversions INTEGER NOT NULL DEFAULT 0,
    sales INTEGER NOT NULL DEFAULT 0, sale_amount INTEGER NOT NULL DEFAULT 0,
    last_clicked INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    UNIQUE (domain, key));
CREATE TABLE IF NOT EXISTS discounts (
    id TEXT PRIMARY KEY, amount INTEGER NOT NULL, type TEXT NOT NULL, max_duration INTEGER,
    coupon_id TEXT, coupon_test_id TEXT, description TEXT);
CREATE TABLE IF NOT EXISTS partners (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT, image TEXT, country TEXT,
    company TEXT, tenant_id TEXT, group_id TEXT, status TEXT NOT NULL, reward INTEGER NOT NULL,
    discount_id TEXT, created_at INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS clicks (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, link_id TEXT NOT NULL, url TEXT NOT NULL,
    country TEXT NOT NULL, city TEXT NOT NULL, region TEXT NOT NULL, continent TEXT NOT NULL,
    device TEXT NOT NULL, browser TEXT NOT NULL, os TEXT NOT NULL, ua TEXT NOT NULL,
    trigger TEXT NOT NULL, referer TEXT NOT NULL, referer_url TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS clicks_at ON clicks (at);
CREATE TABLE IF NOT EXISTS leads (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, name TEXT NOT NULL,
    customer_id TEXT NOT NULL, click_id TEXT NOT NULL, link_id TEXT NOT NULL,
    metadata TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS leads_customer ON leads (customer_id, at);
CREATE INDEX IF NOT EXISTS leads_at ON leads (at);
CREATE TABLE IF NOT EXISTS sales (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, name TEXT NOT NULL,
    customer_id TEXT NOT NULL, click_id TEXT NOT NULL, link_id TEXT NOT NULL,
    metadata TEXT NOT NULL DEFAULT '', amount INTEGER NOT NULL, currency TEXT NOT NULL,
    processor TEXT NOT NULL, invoice_id TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS sales_customer ON sales (customer_id, at);
CREATE INDEX IF NOT EXISTS sales_at ON sales (at);
CREATE TABLE IF NOT EXISTS commissions (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, amount INTEGER NOT NULL, earnings INTEGER NOT NULL,
    currency TEXT NOT NULL, status TEXT NOT NULL, invoice_id TEXT UNIQUE,
    quantity INTEGER NOT NULL, partner_id TEXT NOT NULL, customer_id TEXT, link_id TEXT,
    event_id TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, paid_at INTEGER);
CREATE INDEX IF NOT EXISTS commissions_created ON commissions (created_at);
CREATE INDEX IF NOT EXISTS commissions_customer ON commissions (customer_id);
CREATE INDEX IF NOT EXISTS commissions_partner ON commissions (partner_id, earnings);

CREATE TABLE IF NOT EXISTS keys (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
    n INTEGER PRIMARY KEY, due INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rates (currency TEXT PRIMARY KEY, per_usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS other_workspaces (stripe_id TEXT PRIMARY KEY);
"""


class Store:
    """A file that persists, or memory when `path` is None.

    Memory is one connection behind a lock; a file has as many connections as there are
    threads at work, each taken from and given back to a pool.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = None if path is None else str(path)
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
        self._start: sqlite3.Connection | None = None
        with self.write() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        if self._path is None:
            with self._lock:
                yield self._take()
            return
        db = self._take()
        try:
            yield db
        finally:
            self._idle.append(db)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end, rolled back when anything is raised."""
        with self.read() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    def remember_start(self) -> None:
        with self.read() as db:
            self._start = sqlite3.connect(":memory:", check_same_thread=False)
            db.backup(self._start)

    def return_to_start(self) -> None:
        if self._start is None:
            raise RuntimeError("this sandbox was started without a way back")
        with self.read() as db:
            self._start.backup(db)

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            if self._start is not None:
                self._start.close()
                self._start = None

    def _take(self) -> sqlite3.Connection:
        if self._path is None:
            if not self._idle:
                self._idle.append(self._connect(":memory:"))
            return self._idle[0]
        try:
            return self._idle.pop()
        except IndexError:
            db = self._connect(self._path)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            return db

    def _connect(self, target: str) -> sqlite3.Connection:
        db = sqlite3.connect(target, timeout=30, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        return db


def is_seeded(path: str | Path) -> bool:
    """Whether a store file was filled before. The exchange rates are what goes in last."""
    if not Path(path).exists():
        return False
    with closing(sqlite3.connect(str(path))) as db:
        try:
            return db.execute("SELECT 1 FROM rates LIMIT 1").fetchone() is not None
        except sqlite3.OperationalError:
            return False
