package io.github.jnpu.server.cli;

/** Nobody reads standard output any more, as after {@code | head}: stop quietly. */
final class OutputClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
}
