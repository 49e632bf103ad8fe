package io.github.jnpu.langchain4j.spring;

import io.github.jnpu.engine.chat.Thinking;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

import java.nio.file.Path;
import java.util.List;

/**
 * What the models are made from. A model whose group has no {@code model-name} is not made; whatever else is not set has the
 * engine's default, which is Ollama's.
 *
 * @param chatModel
 *            the bean {@code npuChatModel}
 * @param streamingChatModel
 *            the bean {@code npuStreamingChatModel}; with the chat model's name and load options it shares the loaded model
 * @param embeddingModel
 *            the bean {@code npuEmbeddingModel}
 * @param scoringModel
 *            the bean {@code npuScoringModel}
 */
@ConfigurationProperties(NpuProperties.PREFIX)
public record NpuProperties(Chat chatModel, Chat streamingChatModel, Embedding embeddingModel, Scoring scoringModel) {
    static final String PREFIX = "langchain4j.npu";

    /**
     * A chat model, streaming or not.
     *
     * @param modelName
     *            A name in the model store, demo, or the path of a GGUF file.
     * @param temperature
     *            Divides the logits; 0 takes the likeliest token always.
     * @param topP
     *            Draws among the likeliest tokens whose probabilities reach this; above 0, at most 1.
     * @param topK
     *            Draws among so many of the likeliest tokens; 0 for all.
     * @param minP
     *            Drops tokens less likely than this share of the likeliest.
     * @param repeatPenalty
     *            Divides the logits of recent tokens; 1 for no effect.
     * @param frequencyPenalty
     *            Subtracted from a token's logit each time it has occurred.
     * @param presencePenalty
     *            Subtracted from a token's logit once it has occurred.
     * @param seed
     *            The same seed gives the same text.
     * @param think
     *            Whether, or how hard, the model thinks before it answers; by default as its template says.
     * @param returnThinking
     *            Whether thoughts are in AiMessage.thinking() and streamed.
     * @param grammar
     *            What every answer's text is held to, as classpath:NAME or file:PATH: a JSON Schema if it ends in .json, else GBNF.
     * @param maxOutputTokens
     *            How many tokens an answer may have; by default as many as the context holds.
     * @param stopSequences
     *            Texts that end an answer where they appear; they are not part of it.
     * @param pull
     *            Whether a model that is not in the store is downloaded while the application starts.
     * @param contextLength
     *            How many tokens prompt and answer can have together; by default 4096, or less if the model was trained for less.
     * @param threads
     *            Cores to use; by default all.
     * @param weightCache
     *            A folder that keeps weights as they are laid out for computing, so that the next start takes a fraction of the time.
     * @param place
     *            What runs each stage of the work: npu, or prefill=npu,decode=gpu; by default the best device.
     * @param strict
     *            Whether the application fails to start, and a request, rather than anything else than 'place' runs it.
     * @param backend
     *            The backend that must be used, by name; wins over 'place'. By default the best one.
     */
    public record Chat(String modelName, Double temperature, Double topP, Integer topK, Double minP,
            Double repeatPenalty,
            Double frequencyPenalty, Double presencePenalty, Long seed, Thinking think,
            @DefaultValue("false") boolean returnThinking, Resource grammar, Integer maxOutputTokens,
            List<String> stopSequences, @DefaultValue("false") boolean pull, Integer contextLength, Integer threads,
            Path weightCache, String place, @DefaultValue("false") boolean strict, String backend) {}

    /**
     * An embedding model.
     *
     * @param modelName
     *            all-minilm, a name in the model store, or the path of a GGUF file or of a folder with an ONNX file.
     * @param dimensions
     *            How many of a vector's first numbers to keep, for models that were trained for that; by default all.
     * @param truncate
     *            Whether texts that are too long lose their end rather than being refused.
     * @param queryPrefix
     *            What the model wants before a query, such as 'search_query: '.
     * @param documentPrefix
     *            What the model wants before a document, such as 'search_document: '.
     * @param pull
     *            Whether a model that is not in the store is downloaded while the application starts.
     * @param contextLength
     *            Tokens of a text at most; by default what the model was made for.
     * @param threads
     *            Cores to use; by default all.
     * @param place
     *            What runs it: npu, or onnxruntime:webgpu|cpu; by default the best device.
     * @param strict
     *            Whether the application fails to start rather than anything else than 'place' runs it.
     * @param backend
     *            The backend that must be used, by name; wins over 'place'. By default the best one.
     */
    public record Embedding(String modelName, Integer dimensions, @DefaultValue("true") boolean truncate,
            String queryPrefix, String documentPrefix, @DefaultValue("false") boolean pull, Integer contextLength,
            Integer threads, String place, @DefaultValue("false") boolean strict, String backend) {}

    /**
     * A scoring model.
     *
     * @param modelName
     *            The path of a folder with a cross-encoder as ONNX file and its tokenizer.json.
     * @param normalize
     *            Whether scores are between 0 and 1, rather than the network's own numbers.
     * @param truncate
     *            Whether pairs that are too long are cut rather than refused.
     * @param contextLength
     *            Tokens of query and text together at most; by default what the model was made for.
     * @param threads
     *            Cores to use; by default all.
     * @param place
     *            What runs it: npu, or onnxruntime:webgpu|cpu; by default the best device.
     * @param strict
     *            Whether the application fails to start rather than anything else than 'place' runs it.
     * @param backend
     *            The backend that must be used, by name; wins over 'place'. By default the best one.
     */
    public record Scoring(String modelName, @DefaultValue("false") boolean normalize,
            @DefaultValue("true") boolean truncate, Integer contextLength, Integer threads, String place,
            @DefaultValue("false") boolean strict, String backend) {}
}
