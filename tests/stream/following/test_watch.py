from collections.abc import Sequence

import numpy as np

from models.picture import Picture
from stream.configuration.settings import PassageSettings
from stream.following.watch import News, Watch
from tests.factories import grey, make_detection

USUAL = PassageSettings()


def followed(
    scores: Sequence[tuple[float, float | None]],
    settings: PassageSettings = USUAL,
    leave: float | None = None,
) -> tuple[Watch, list[News]]:
    """Each frame has its number for its level of grey; a blind one is black."""
    watch = Watch("north", settings, leave)
    news: list[News] = []
    for index, (time, score) in enumerate(scores):
        news += watch.follow(make_detection(time, score, index), grey(0 if score is None else index))
    return watch, [*news, *watch.finish()]


def level(picture: Picture | None) -> int:
    assert picture is not None
    assert len(np.unique(picture)) == 1
    return int(picture[0, 0, 0])


def test_each_piece_of_news_has_the_best_frame_so_far() -> None:
    scores = [(0, 0.1), (1, 0.6), (2, 0.8), (3, 0.9), (4, 0.7), (5, 0.1), (6, 0.1), (7, 0.1)]
    _, news = followed(scores)
    assert [(each.event.type, level(each.picture), each.better) for each in news] == [
        ("new", 2, True),
        ("update", 3, True),
        ("end", 3, False),
    ]
    for each in news:
        assert each.event.after.best_frame == level(each.picture)


def test_the_next_passage_has_its_own_best_frame() -> None:
    """Also where the one ends with the very frame that begins the other."""
    scores = [(0, 0.9), (1, 0.8), (9, 0.6), (10, 0.6)]
    _, news = followed(scores)
    assert [(each.event.type, level(each.picture)) for each in news] == [("new", 0), ("end", 0), ("new", 2), ("end", 2)]


def test_a_passage_of_one_frame_may_end_and_begin_at_once() -> None:
    scores = [(0, 0.9), (9, 0.6), (20, 0.7)]
    _, news = followed(scores, PassageSettings(shortest=0))
    kinds = [(each.event.type, level(each.picture)) for each in news]
    assert kinds == [("new", 0), ("end", 0), ("new", 1), ("end", 1), ("new", 2), ("end", 2)]


def test_a_blind_frame_is_never_the_best() -> None:
    _, news = followed([(0, 0.6), (1, 0.7), (2, None), (3, 0.65)])
    assert level(news[-1].picture) == 1


def test_the_settings_count() -> None:
    scores = [(0.0, 0.9), (1.0, 0.9), (2.0, 0.4), (3.0, 0.4), (4.0, 0.4), (5.0, 0.9), (6.0, 0.9)]
    for settings, leave, expected in (
        (PassageSettings(), None, 2),
        (PassageSettings(bridge=4), None, 1),
        (PassageSettings(shortest=2), None, 0),
        (PassageSettings(), 0.3, 1),
    ):
        _, news = followed(scores, settings, leave)
        assert sum(each.event.type == "end" for each in news) == expected


def test_passages_are_counted_in_the_hour_in_which_they_end() -> None:
    scores = [
        (0, 0.9),
        (1, 0.9),
        (9, 0.1),
        (3598, 0.9),
        (3599, 0.9),
        (3601, 0.1),
        (3602, 0.1),
        (3610, 0.9),
        (3611, 0.9),
    ]
    watch, _ = followed(scores)
    assert [(each.hour, each.passages) for each in watch.coverage.hours()] == [("0", 1), ("1", 2)]
    assert watch.coverage.total().passages == watch.passages.ended == 3


def test_it_knows_the_last_look() -> None:
    watch, _ = followed([(0, 0.1), (1, 0.6)])
    assert watch.last == make_detection(1, 0.6, 1)
    assert Watch("north", PassageSettings()).last is None


def test_without_pictures_the_news_come_all_the_same() -> None:
    """As when detections are replayed."""
    watch = Watch("north", PassageSettings())
    news = [each for time in (0, 1, 2) for each in watch.follow(make_detection(time, 0.9))]
    assert [(each.event.type, each.picture) for each in (*news, *watch.finish())] == [("new", None), ("end", None)]
