"""A picture that moves by itself, for a page that runs no scripts: CSS steps through values.

diagrams/animate and diagrams/record use it. Who asks the system for less motion, and a program that
knows no CSS animation, see the picture as it is without it: a still that has to make sense alone.
"""


def number(value):
    return f"{value:.3f}".rstrip("0").rstrip(".")


def steps(name, moves):
    """CSS for class `name`: each (seconds, y) of moves shifts it to y at once, and lets it stay."""
    total = sum(seconds for seconds, _ in moves)
    at, frames = 0, []
    for seconds, y in moves:
        frames.append(f"{number(100 * at / total)}%{{transform:translateY({number(y)}px)}}")
        at += seconds
    return (f"@keyframes {name}{{{''.join(frames)}}}\n"
            f"@media (prefers-reduced-motion:no-preference)"
            f"{{.{name}{{animation:{name} {number(total)}s step-end infinite}}}}\n")
