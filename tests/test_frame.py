"""What frames every page: its head, the way to its neighbours, the glossary."""

import re

import pytest

import dashboard
from dashboard.server import network_address
from dashboard.shell.head import neighbouring_pages
from dashboard.widgets.glossary import explain, terms
from tests.pages import html, open_page


@pytest.mark.parametrize("name", dashboard.PAGES)
def test_every_page_has_its_title_once_and_says_in_a_sentence_what_it_is(name):
    app = open_page(name)
    assert re.findall("<h1>(.*?)</h1>", html(app)) == [dashboard.PAGES[name].title]
    about = next(text.value for text in app.markdown if "ns-about" in text.value)
    first = re.sub("<[^>]*>|[*]", "", about.split('<span class="ns-rest">')[0])
    assert re.search("[.?]$", first.strip()) and len(first) <= 100, "it fits two lines at a projector"


def test_projector_mode_says_which_view_is_shown_since_the_choice_of_views_is_folded_away():
    def about(**params):
        return next(text.value for text in open_page("results", **params).markdown if "ns-about" in text.value)

    assert '<span class="ns-about" tabindex="0">**Conclusions** <span' in about(view="Conclusions", projector="1")
    assert "**Conclusions**" not in about(view="Conclusions")


def test_the_tour_goes_through_all_pages_in_the_order_of_the_menu():
    names = list(dashboard.PAGES)
    assert neighbouring_pages(names[0]) == ("", names[1]) and neighbouring_pages(names[-1]) == (names[-2], "")
    assert neighbouring_pages("pmnist") == ("compare", "missing_features")


def test_a_term_is_explained_where_it_first_stands_and_only_there():
    shown = explain("Two *logits* and `a logit`; one logit more, [a seed](x), and a head.")
    assert shown.count("ns-term") == 2  # the first logit, and the head
    assert shown.startswith('Two *<span class="ns-term" tabindex="0" data-tip="The score')
    assert "`a logit`; one logit more" in shown


def test_every_term_is_explained_in_two_sentences_and_stands_once():
    names = [form.casefold() for term in terms() for form in (term.term, *term.also)]
    assert len(names) == len(set(names)) and len(terms()) >= 30
    for term in terms():
        sentences = re.findall(r"[.?](?= [A-Z]|$)", term.means)
        assert len(sentences) == 2, term.term


def test_a_local_name_becomes_one_that_others_can_open_if_the_server_listens_to_them(monkeypatch):
    monkeypatch.setattr(network_address, "_find_ip_address", lambda: "192.168.1.20")
    monkeypatch.setattr(network_address.st, "get_option", lambda name: "0.0.0.0")
    local = "http://127.0.0.1:8501/quiz?room=ABCD"
    assert network_address.for_others(local) == "http://192.168.1.20:8501/quiz?room=ABCD"
    assert network_address.for_others("https://digits.example/quiz") == "https://digits.example/quiz"
    monkeypatch.setattr(network_address.st, "get_option", lambda name: "127.0.0.1")
    assert network_address.for_others(local) == local and network_address.is_local(local)
    monkeypatch.setattr(network_address.st, "get_option", lambda name: "::1")
    assert network_address.for_others("http://[::1]:8501/") == "http://[::1]:8501/"
    assert not network_address.is_local("https://localhost.example.org/")
