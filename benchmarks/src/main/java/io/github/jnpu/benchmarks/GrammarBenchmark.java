package io.github.jnpu.benchmarks;

import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarCache;
import io.github.jnpu.engine.grammar.GrammarCursor;
import io.github.jnpu.engine.sampling.Sampler;
import io.github.jnpu.engine.sampling.SamplingOptions;
import io.github.jnpu.engine.tokenizer.Tokenizer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Drawing one token of an answer, with the copy of the logits, free or held to a grammar. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class GrammarBenchmark {
    public enum Answer {
        STRING("{\"type\":\"string\"}", "\"" + TEXT + "\""),
        SHORT_STRING("{\"type\":\"string\",\"maxLength\":400}", "\"" + TEXT + "\""),
        NESTED("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":150},\"address\":{\"type\":\"object\",\"properties\":{\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"},\"zip\":{\"type\":\"string\",\"pattern\":\"^[0-9]{5}$\"}},\"required\":[\"street\",\"city\",\"zip\"]}},\"required\":[\"name\",\"age\",\"address\"]}",
                "{\"name\": \"Ada Lovelace\", \"age\": 36, \"address\": {\"street\": \"12 St James's Square\", \"city\": \"London\", \"zip\": \"12345\"}}"),
        ENUMS("{\"type\":\"array\",\"items\":{\"enum\":[\"red\",\"green\",\"blue\",\"yellow\"]}}",
                "[\"red\", \"green\", \"blue\", \"blue\", \"yellow\", \"red\", \"green\", \"green\", \"blue\"]"),
        ANY_JSON("{\"type\":\"object\"}",
                "{\n  \"menu\": {\n    \"id\": \"file\",\n    \"items\": [\n      {\n        \"value\": \"New\",\n        \"on\": true\n      },\n      {\n        \"value\": \"Open\",\n        \"size\": 12.5\n      }\n    ]\n  }\n}");

        final String schema;
        final String text;

        Answer(String schema, String text) {
            this.schema = schema;
            this.text = text;
        }
    }

    private static final String TEXT = "The neural processing unit, or NPU, is a part of a chip that multiplies small matrices and does so with little energy. ";

    public enum Held {
        FREE, SEEN, NEW
    }

    /** The folder of the test models, for Llama 3's vocabulary. */
    @Param("../shared/models")
    public String models;

    /** Llama 3's and Qwen 2's number of tokens. */
    @Param({"151936"})
    public int vocabulary;

    @Param
    public Answer answer;

    /** FREE: no grammar; SEEN: one that the model has answered to before; NEW: each answer has its own. */
    @Param
    public Held held;

    @Param({"0.0", "0.8"})
    public float temperature;

    private float[] source;
    private float[] logits;
    private int[] tokens;
    private Sampler sampler;
    private GrammarCache cache;
    private Optional<GrammarCursor> cursor = Optional.empty();
    private int next;
    private int answers;

    @Setup
    public void prepare() throws IOException {
        Tokenizer tokenizer = LargeVocabulary.of(Path.of(models), vocabulary);
        source = Weights.gaussian(new SplittableRandom(1), vocabulary, 2);
        logits = new float[vocabulary];
        tokens = tokenizer.encode(answer.text, false);
        sampler = new Sampler(SamplingOptions.DEFAULT.withTemperature(temperature), vocabulary, new int[0]);
        cache = new GrammarCache(tokenizer);
        begin();
    }

    private void begin() {
        next = 0;
        String schema = held == Held.NEW
                ? "{\"$comment\":\"" + answers++ + "\"," + answer.schema.substring(1)
                : answer.schema;
        cursor = held == Held.FREE
                ? Optional.empty()
                : Optional.of(cache.get(Grammar.ofJsonSchema(schema)).newCursor());
    }

    /** The model wants the answer's next token, so this is what is drawn. */
    @Benchmark
    public int token() {
        System.arraycopy(source, 0, logits, 0, vocabulary);
        logits[tokens[next]] = 100;
        int token = sampler.sample(logits, cursor);
        if (token != tokens[next]) {
            throw new IllegalStateException("drew another token");
        }
        if (++next == tokens.length) {
            begin();
        }
        return token;
    }
}
