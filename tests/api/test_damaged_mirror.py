"""A damaged mirror of the vectors is no error to a caller: answers go on from the rows, and a rebuild heals it."""

import numpy as np
import pytest

from reflection.api.openapi import CMP_007

OFFSETS = 64
QUESTION = {"q": "short video for students", "limit": 5}
DAMAGES = {
    "truncated": lambda content, at: content[:at],
    "a bit flipped": lambda content, at: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
    "a byte deleted": lambda content, at: content[:at] + content[at + 1 :],
    "overwritten with zeros": lambda content, at: content[:at] + bytes(64) + content[at + 64 :],
}


def ask(client):
    answer = client.get("/v1/memory/search", params=QUESTION)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [(item["id"], item["score"]) for item in body["items"]], body["index"], body["degraded"]


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory, module_serve):
    folder = tmp_path_factory.mktemp("mirrored")
    with module_serve(folder, vector_backend="json", vector_fallback_path=folder / "vectors.json") as live:
        with live.client() as client:
            for number in range(12):
                text = f"{('video', 'image', 'carousel')[number % 3]} number {number} for students"
                creatives = [{"id": f"crt_{number}", "type": "video", "headline": text}]
                posted = client.post(
                    "/analyze-campaign", json={**CMP_007, "campaign_id": f"c{number}", "creatives": creatives}
                )
                assert posted.status_code == 200
        live.application.backfill.catch_up("default")
        live.application.publisher.publish_pending()
        live.path = folder / "vectors.json"
        yield live


def damage_everywhere(mirrored, damages):
    with mirrored.client() as client:
        whole = mirrored.path.read_bytes()
        sound, index, degraded = ask(client)
        assert (len(sound), index, degraded) == (5, "json", [])
        for number, at in enumerate(np.linspace(0, len(whole) - 65, OFFSETS, dtype=int)):
            mirrored.path.write_bytes(damages[number % len(damages)](whole, int(at)))
            assert ask(client) == (sound, "local", ["index"]), at
            if number % 8 == 7:
                assert mirrored.application.rebuild() > 0
                assert ask(client) == (sound, "json", []), at


def test_reads_go_on_whatever_happens_to_the_file_and_a_rebuild_heals_it(mirrored):
    damage_everywhere(mirrored, list(DAMAGES.values()))


@pytest.mark.torture(part="disk")
@pytest.mark.parametrize("damage", DAMAGES)
def test_reads_go_on_whichever_damage_is_done_at_every_offset(mirrored, damage):
    damage_everywhere(mirrored, [DAMAGES[damage]])


def test_a_file_that_is_gone_lags_until_it_is_rebuilt(mirrored):
    with mirrored.client() as client:
        sound, *_ = ask(client)
        mirrored.path.unlink()
        assert ask(client) == (sound, "local", ["index-lag"])
        mirrored.application.rebuild()
        assert ask(client) == (sound, "json", [])
