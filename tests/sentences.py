"""What every message to people must be: one plain sentence."""


def assert_one_sentence(error: Exception) -> None:
    """Fail where the message has more than a sentence, or words of a programmer."""
    sentence = str(error)
    assert sentence[0].isupper() and sentence.endswith(".") and sentence.count(".") == 1
    assert "\n" not in sentence and 15 < len(sentence) < 100
    assert not any(word in sentence for word in ("Traceback", "Error", "uint8", "array", "PIL", "object"))
