"""Ctrl-C is heard where Python drops it."""

import signal
import threading

import pytest

from catlearn.learn.interrupts import heard


class Dropping:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)  # what a finaliser raises is ignored


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_a_finaliser_drops_is_raised_when_asked():
    with heard() as asked:
        asked()
        thing = Dropping()
        del thing
        with pytest.raises(KeyboardInterrupt):
            asked()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_is_raised_at_once_too():
    with pytest.raises(KeyboardInterrupt), heard():
        signal.raise_signal(signal.SIGINT)


def test_other_threads_leave_it_alone():
    found = []

    def work():
        with heard() as asked:
            asked()
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
