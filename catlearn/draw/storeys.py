def raised(plan, below):
    return below
