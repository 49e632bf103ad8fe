package io.github.jnpu.convert.onnx;

import io.github.jnpu.convert.graph.Operation.Attention;
import io.github.jnpu.convert.graph.Operation.Projection;
import io.github.jnpu.convert.graph.Operation.Rope;
import io.github.jnpu.convert.graph.RopeFrequencies;

import java.util.List;

/** What the dialects print each in its own way. */
sealed interface Operators permits MicrosoftOperators, StandardOperators {

    /** Prints an RMS norm of the last axis. */
    String normalize(String input, String gain, float epsilon, String output);

    /** Prints a product with weights under a name; the bias comes after it. */
    void multiply(Projection projection, String product);

    void turn(Rope rope);

    /** Whose angles a run has to bring. */
    List<RopeFrequencies> frequencies();

    void attend(Attention attention);

    /** Prints which rows of the stream reach the head, and says their name. */
    String rowsWithLogits(String stream);
}
