"""What the machine itself allows: floating-point operations at the peak and bytes at the streaming speed of this run."""


def bound(model, batch, threads):
    """{"answer": milliseconds, "all": milliseconds}, or None as long as `kerascope profile` does not say."""
    return None
