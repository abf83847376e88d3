"""Adversarial attacks. Each is a generator of AttackStep records; the attacked network is never changed."""
