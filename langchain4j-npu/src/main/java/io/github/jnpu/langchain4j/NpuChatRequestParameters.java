package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;

import java.util.Objects;

/** LangChain4j's parameters of a request, and those that only jnpu knows. Immutable. */
public final class NpuChatRequestParameters extends DefaultChatRequestParameters {
    private final Long seed;
    private final Double minP;
    private final Double repeatPenalty;

    private NpuChatRequestParameters(Builder builder) {
        super(builder);
        this.seed = builder.seed;
        this.minP = builder.minP;
        this.repeatPenalty = builder.repeatPenalty;
    }

    /** The same seed gives the same text; null for a random one. */
    public Long seed() {
        return seed;
    }

    /** Tokens less likely than this share of the likeliest are not drawn; null for the engine's default. */
    public Double minP() {
        return minP;
    }

    /** What the logits of recent tokens are divided by; 1 for none, null for the engine's default. */
    public Double repeatPenalty() {
        return repeatPenalty;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public NpuChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public NpuChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && other instanceof NpuChatRequestParameters that && Objects.equals(seed, that.seed)
                && Objects.equals(minP, that.minP) && Objects.equals(repeatPenalty, that.repeatPenalty);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), seed, minP, repeatPenalty);
    }

    @Override
    public String toString() {
        return "%s, seed=%s, minP=%s, repeatPenalty=%s".formatted(super.toString(), seed, minP, repeatPenalty);
    }

    /** Builds parameters; what is not set stays null. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
        private Long seed;
        private Double minP;
        private Double repeatPenalty;

        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            if (parameters instanceof NpuChatRequestParameters that) {
                seed = that.seed == null ? seed : that.seed;
                minP = that.minP == null ? minP : that.minP;
                repeatPenalty = that.repeatPenalty == null ? repeatPenalty : that.repeatPenalty;
            }
            return this;
        }

        public Builder seed(Long value) {
            this.seed = value;
            return this;
        }

        public Builder minP(Double value) {
            this.minP = value;
            return this;
        }

        public Builder repeatPenalty(Double value) {
            this.repeatPenalty = value;
            return this;
        }

        @Override
        public NpuChatRequestParameters build() {
            return new NpuChatRequestParameters(this);
        }
    }
}
