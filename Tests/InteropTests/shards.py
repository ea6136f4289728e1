"""Shards of a house's log as an auditor sees them, and what makes more of them."""

import base64
import json
import subprocess

import requests

import merkle
from auditor import Auditor
from client import Client, Issued
from program import eventually, run
from test_crash import Load


class Shard:
    """One shard of a house, as an auditor sees it."""

    def __init__(self, house, name: str):
        self.house, self.shard, self.read = house, name, house.read
        self.log_url, self.origin = f"{house.url}/log/{name}", f"127.0.0.1:{house.port}/log/{name}"
        self.log_public_key = house.read(f"log/{name}/public.pem")
        self.auditor = Auditor(self)
        self.log_id = self.auditor.key.log_id

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.log_url}/{path}", timeout=10)

    def description(self) -> dict:
        return self.get("log.v3.json").json()


class ShardLoad(Load):
    """Load whose timestamps are looked up by log ID afterwards."""

    def __init__(self, house, issuer, clients: int = 4):
        super().__init__(house.url, issuer, None, clients)

    def by_shard(self, *shards: Shard) -> dict[str, list[Issued]]:
        """TL-82: every answer is a certificate whose timestamp is one of a listed log and verifies under its key."""
        found = {shard.shard: [] for shard in shards}
        by_id = {shard.log_id: shard for shard in shards}
        assert not self.broken and {answer.status_code for answer in self.answers} == {200}
        for answer in self.answers:
            issued = Issued(answer)
            shard = by_id[issued.sct.log_id]
            assert shard.auditor.key.verifies_sct(issued.sct, issued.log_entry)
            found[shard.shard].append(issued)
        return found


def check_in_tree(shard: Shard, received: list[Issued]) -> None:
    head = shard.auditor.head()
    leaves = shard.auditor.recompute(head)
    for issued in received:
        assert leaves[issued.index] == merkle.leaf_hash(issued.log_entry.encode())
    assert len({issued.index for issued in received}) == len(received)


def rotate(house, *more) -> subprocess.CompletedProcess:
    return run("log", "rotate", "--data-dir", house.directory, "--passphrase-file", house.passphrase_file, *more)


def rotated(house, *more) -> Shard:
    """Makes the next shard, which must succeed."""
    done = rotate(house, "--json", *more)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    shard = Shard(house, made["shard"])
    assert base64.b64decode(made["log_id"]) == shard.log_id and made["url"] == shard.log_url + "/"
    return shard


def serves(shard: Shard) -> bool:
    return shard.get("ct/v1/get-sth").status_code == 200


def metric(house, name: str, **labels) -> float | None:
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    lines = requests.get(f"http://127.0.0.1:{house.metrics_port}/metrics", timeout=10).text.splitlines()
    found = [line.rsplit(" ", 1)[1] for line in lines if line.startswith(f"{name}{{{text}}} ")]
    return float(found[0]) if found else None


def warnings(house) -> str:
    return " ".join(requests.get(house.url + "/readyz", timeout=10).json()["warnings"])


def replace(house, text: bytes) -> None:
    draft = house.directory / "settings.tmp"
    draft.write_bytes(text)
    draft.rename(house.directory / "settings.yaml")


def known(house) -> list[Shard]:
    lines = house.read("settings.yaml").decode().splitlines()
    return [Shard(house, line.split('"')[1]) for line in lines if line.lstrip().startswith("- name:")]


def issue_in(house, body, shard: Shard) -> Issued:
    """Issues until a certificate is in this shard: the server takes a new one up within a second or two."""
    client = Client(house.url)
    return eventually(
        lambda: (issued := client.issue(body)).sct.log_id == shard.log_id and issued, 30, f"{shard.shard} is used")
