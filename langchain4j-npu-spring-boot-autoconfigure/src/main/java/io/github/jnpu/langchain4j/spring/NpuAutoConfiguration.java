package io.github.jnpu.langchain4j.spring;

import dev.langchain4j.model.TokenCountEstimator;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import io.github.jnpu.engine.store.TransferListener;
import io.github.jnpu.langchain4j.NpuChatModel;
import io.github.jnpu.langchain4j.NpuEmbeddingModel;
import io.github.jnpu.langchain4j.NpuModelBuilder;
import io.github.jnpu.langchain4j.NpuScoringModel;
import io.github.jnpu.langchain4j.NpuStreamingChatModel;
import io.github.jnpu.langchain4j.NpuTokenCountEstimator;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Lazy;

import java.util.function.Consumer;

/**
 * Makes a bean of each model that {@link NpuProperties} names, unless the application has one of that type. The models load while
 * the context starts, and are freed when it closes. Beans of {@link ChatModelListener}, {@link EmbeddingModelListener} and
 * {@link TransferListener} listen to them.
 */
@AutoConfiguration
@EnableConfigurationProperties(NpuProperties.class)
public final class NpuAutoConfiguration {
    private static final String CHAT = NpuProperties.PREFIX + ".chat-model.model-name";
    private static final String STREAMING = NpuProperties.PREFIX + ".streaming-chat-model.model-name";
    private static final String EMBEDDING = NpuProperties.PREFIX + ".embedding-model.model-name";
    private static final String SCORING = NpuProperties.PREFIX + ".scoring-model.model-name";

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @ConditionalOnProperty(CHAT)
    NpuChatModel npuChatModel(NpuProperties properties, ObjectProvider<ChatModelListener> listeners,
            ObjectProvider<TransferListener> downloads) {
        return configured(NpuChatModel.builder(), properties.chatModel(), listeners, downloads).build();
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @ConditionalOnProperty(STREAMING)
    NpuStreamingChatModel npuStreamingChatModel(NpuProperties properties, ObjectProvider<ChatModelListener> listeners,
            ObjectProvider<TransferListener> downloads) {
        return configured(NpuStreamingChatModel.builder(), properties.streamingChatModel(), listeners, downloads)
                .build();
    }

    private static <B extends NpuModelBuilder<B>> B configured(B builder, NpuProperties.Chat properties,
            ObjectProvider<ChatModelListener> listeners, ObjectProvider<TransferListener> downloads) {
        builder.modelName(properties.modelName())
                .temperature(properties.temperature())
                .topP(properties.topP())
                .topK(properties.topK())
                .minP(properties.minP())
                .repeatPenalty(properties.repeatPenalty())
                .frequencyPenalty(properties.frequencyPenalty())
                .presencePenalty(properties.presencePenalty())
                .seed(properties.seed())
                .think(properties.think())
                .returnThinking(properties.returnThinking())
                .maxOutputTokens(properties.maxOutputTokens())
                .stopSequences(properties.stopSequences())
                .pull(properties.pull())
                .pullListener(downloads.getIfAvailable(DownloadLog::new))
                .contextLength(properties.contextLength())
                .threads(properties.threads())
                .weightCache(properties.weightCache())
                .strict(properties.strict())
                .listeners(listeners.orderedStream().toList());
        ifSet(properties.grammar(), file -> builder.grammar(GrammarFile.read(file)));
        // The builder takes null for "anywhere", and so would undo what has been said before.
        ifSet(properties.place(), builder::place);
        ifSet(properties.backend(), builder::backend);
        return builder;
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @ConditionalOnProperty(EMBEDDING)
    NpuEmbeddingModel npuEmbeddingModel(NpuProperties properties, ObjectProvider<EmbeddingModelListener> listeners,
            ObjectProvider<TransferListener> downloads) {
        NpuProperties.Embedding embedding = properties.embeddingModel();
        NpuEmbeddingModel.Builder builder = NpuEmbeddingModel.builder()
                .modelName(embedding.modelName())
                .dimensions(embedding.dimensions())
                .truncate(embedding.truncate())
                .queryPrefix(embedding.queryPrefix())
                .documentPrefix(embedding.documentPrefix())
                .pull(embedding.pull())
                .pullListener(downloads.getIfAvailable(DownloadLog::new))
                .contextLength(embedding.contextLength())
                .threads(embedding.threads())
                .strict(embedding.strict())
                .listeners(listeners.orderedStream().toList());
        ifSet(embedding.place(), builder::place);
        ifSet(embedding.backend(), builder::backend);
        return builder.build();
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @ConditionalOnProperty(SCORING)
    NpuScoringModel npuScoringModel(NpuProperties properties) {
        NpuProperties.Scoring scoring = properties.scoringModel();
        NpuScoringModel.Builder builder = NpuScoringModel.builder()
                .modelName(scoring.modelName())
                .normalize(scoring.normalize())
                .truncate(scoring.truncate())
                .contextLength(scoring.contextLength())
                .threads(scoring.threads())
                .strict(scoring.strict());
        ifSet(scoring.place(), builder::place);
        ifSet(scoring.backend(), builder::backend);
        return builder.build();
    }

    /** Counts for the chat model, or for the streaming one if there is no other. Lazy: few applications count, and it reads a vocabulary. */
    @Bean
    @Lazy
    @ConditionalOnMissingBean(TokenCountEstimator.class)
    @Conditional(OnAnyChatModel.class)
    NpuTokenCountEstimator npuTokenCountEstimator(NpuProperties properties, ObjectProvider<NpuChatModel> chat,
            ObjectProvider<NpuStreamingChatModel> streaming) {
        boolean isChat = properties.chatModel() != null && properties.chatModel().modelName() != null;
        // The models first: they may have to download what is counted with.
        (isChat ? chat : streaming).stream().toList();
        return new NpuTokenCountEstimator(isChat
                ? properties.chatModel().modelName()
                : properties.streamingChatModel().modelName());
    }

    private static <T> void ifSet(T value, Consumer<T> use) {
        if (value != null) {
            use.accept(value);
        }
    }

    static final class OnAnyChatModel extends AnyNestedCondition {
        OnAnyChatModel() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnProperty(CHAT)
        static final class OnChatModel {}

        @ConditionalOnProperty(STREAMING)
        static final class OnStreamingChatModel {}
    }
}
