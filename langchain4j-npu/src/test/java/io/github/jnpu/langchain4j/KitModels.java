package io.github.jnpu.langchain4j;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The models that LangChain4j's kits are run with. Those of one kit are closed together; JUnit would close each after its first test. */
final class KitModels implements AutoCloseable {
    private static final String YES = ScriptBook.call("getWeather", "{\"city\": \"Munich\"}");
    private static Path scripted;

    private final List<Runnable> open = new ArrayList<>();

    private record Blocking(NpuChatModel model) implements ChatModel {
        @Override
        public ChatResponse chat(ChatRequest request) {
            return model.chat(request);
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return model.defaultRequestParameters();
        }

        @Override
        public Set<Capability> supportedCapabilities() {
            return model.supportedCapabilities();
        }

        @Override
        public List<ChatModelListener> listeners() {
            return model.listeners();
        }

        @Override
        public ModelProvider provider() {
            return model.provider();
        }
    }

    private record Streaming(NpuStreamingChatModel model) implements StreamingChatModel {
        @Override
        public void chat(ChatRequest request, StreamingChatResponseHandler handler) {
            model.chat(request, handler);
        }

        @Override
        public ChatRequestParameters defaultRequestParameters() {
            return model.defaultRequestParameters();
        }

        @Override
        public Set<Capability> supportedCapabilities() {
            return model.supportedCapabilities();
        }

        @Override
        public List<ChatModelListener> listeners() {
            return model.listeners();
        }

        @Override
        public ModelProvider provider() {
            return model.provider();
        }
    }

    /** An unclosable model that is closed with the kit. */
    ChatModel open(NpuChatModel.Builder builder) {
        NpuChatModel model = builder.build();
        open.add(model::close);
        return new Blocking(model);
    }

    /** The same, streaming. */
    StreamingChatModel open(NpuStreamingChatModel.Builder builder) {
        NpuStreamingChatModel model = builder.build();
        open.add(model::close);
        return new Streaming(model);
    }

    @Override
    public void close() {
        open.forEach(Runnable::run);
        open.clear();
    }

    /** A model that knows the answers to the kits' questions by rote. */
    static synchronized Path scripted() {
        try {
            if (scripted == null) {
                Path folder = Files.createTempDirectory("jnpu-kits");
                scripted = write(folder.resolve("scripted.gguf"));
                scripted.toFile().deleteOnExit();
                folder.toFile().deleteOnExit();
            }
            return scripted;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file) throws IOException {
        ScriptBook book = new ScriptBook();
        questions(book);
        tools(book);
        extractions(book);
        // In the end, what nothing else was said to.
        book.told("Done.");
        book.askedOr(
                "The~ capital~ of~ Germany~ is~ Berlin,~ which~ lies~ on~ the~ Spree~ and~ has~ more~ bridges~ than~ Venice.",
                "{\"city\":~ \"Berlin\"}");
        return book.required("{\"name\": \"getWeather\", \"arguments\": {\"city\": \"Munich\"}}").write(file);
    }

    /** Those of the kits of chat models. */
    private static void questions(ScriptBook book) {
        book.asked("Ich~ liebe~ dich.", "I love you")
                .asked("Your favourite colour~ is green.", "What is my favorite color")
                .asked("Hello~ World,~ and all of it!", "Say 'Hello World'")
                .asked(ScriptBook.call("get_current_time", "{}"), "Use the get_current_time tool")
                .told("It is~ 10:14 now.", "Use the get_current_time tool")
                .asked(YES + "~" + ScriptBook.call("getTime", "{\"country\": \"France\"}"), "time in France")
                .told("It is sunny~ and 14:35.", "time in France")
                .asked(ScriptBook.call("getWeather", "{\"arg0\": \"Munich\"}"), "Use 'getWeather' tool")
                .told("{\"city\": \"Munich\",~ \"weather\": \"SUNNY\"}", "Use 'getWeather' tool")
                .asked(YES, "weather in Munich")
                .toldOr("It is a~ sunny day.", "{\"weather\":~ \"sunny\"}", "weather in Munich");
    }

    /** Those of the kit of AiServices with schemas. */
    private static void extractions(ScriptBook book) {
        String people = "[{\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\": false}, {\"name\": \"Franny\", \"age\": 35, \"height\": 1.65, \"married\": true}]";
        book.asked("{\"value\": true}", "text is a man")
                .asked("{\"value\": 2}", "Extract number of people")
                .asked("{\"value\": -0.5}", "Extract temperature")
                .asked("{\"values\": [\"Klaus\", \"Franny\"]}", "Extract names of people")
                .asked("{\"values\": [\"SINGLE\", \"MARRIED\", \"MARRIED\"]}", "Staniel")
                .askedOr("{\"values\": %s}".formatted(people), "{\"values\": [\"Klaus\", \"Franny\"]}",
                        "Franny is 35 years old")
                .asked("{\"values\": [\"SUNNY\", \"WINDY\", \"RAINY\", \"CLOUDY\"]}", "Paris experienced")
                .asked("{\"value\": {\"type\": \"Dog\", \"name\": \"Rex\", \"breed\": \"Labrador\"}}",
                        "Rex is a Labrador dog")
                .asked("{\"values\": [{\"type\": \"Dog\", \"name\": \"Rex\", \"breed\": \"Labrador\"}, {\"type\": \"Cat\", \"name\": \"Whiskers\", \"indoor\": true}]}",
                        "Whiskers")
                .asked("{\"name\": \"Alice\", \"pet\": {\"type\": \"Dog\", \"name\": \"Rex\", \"breed\": \"Labrador\"}}",
                        "Alice owns")
                .asked("{\"value\": {\"type\": \"Addition\", \"left\": {\"type\": \"Addition\", \"left\": {\"type\": \"Constant\", \"value\": 1}, \"right\": {\"type\": \"Constant\", \"value\": 2}}, \"right\": {\"type\": \"Constant\", \"value\": 3}}}",
                        "1+2+3")
                .asked("{\"name\": \"Klaus\"}", "Do not include missing fields")
                .asked("{\"name\": \"Klaus\", \"shippingAddress\": {\"city\": \"Langley Falls\"}, \"billingAddress\": {\"city\": \"New York\"}}",
                        "billing address")
                .asked("{\"name\": \"Klaus\", \"favouriteColors\": [\"orange\", \"green\"]}", "orange and green")
                .asked("{\"name\": \"Klaus\", \"pets\": [{\"name\": \"Peanut\"}, {\"name\": \"Muffin\"}]}", "Peanut")
                .asked("{\"name\": \"Klaus\", \"groups\": [\"A\", \"C\"]}", "groups A and C")
                .asked("{\"name\": \"Klaus\", \"birthDate\": {\"year\": 1976, \"month\": 8, \"day\": 12}, \"birthTime\": {\"hour\": 14, \"minute\": 43, \"second\": 0, \"nano\": 0}, \"birthDateTime\": {\"date\": {\"year\": 1976, \"month\": 8, \"day\": 12}, \"time\": {\"hour\": 14, \"minute\": 43, \"second\": 0, \"nano\": 0}}}",
                        "12th of August")
                .asked("{\"name\": \"Francine\", \"children\": [{\"name\": \"Steve\", \"children\": []}, {\"name\": \"Hayley\", \"children\": []}]}",
                        "information", "Steve and Hayley")
                .asked("{\"id\": \"567b229a-6b0a-4f1e-9006-448cd9dfbfda\", \"name\": \"Klaus\"}", "567b229a")
                .asked("{\"values\": [{\"name\": \"Klaus\"}, {\"name\": \"Francine\"}]}", "Klaus and Francine")
                .asked("{\"name\": \"Klaus\", \"maritalStatus\": \"SINGLE\"}", "text: Klaus is single")
                .askedOr("{\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\": false}",
                        "{\"value\": \"SINGLE\"}", "Klaus is 37", "1.78m height and single")
                .asked("{\"name\": \"Klaus\"}", "the person's information from the following text: Klaus");
    }

    /** Those of the kits of AiServices with tools. */
    private static void tools(ScriptBook book) {
        book.asked(ScriptBook.call("add", "{\"arg0\": 124, \"arg1\": 47}"), "Now add 47")
                .asked(ScriptBook.call("add", "{\"arg0\": 37, \"arg1\": 87}") + "~"
                        + ScriptBook.call("add", "{\"arg0\": 73, \"arg1\": 78}"), "73 plus 78")
                .told("These are~ 124 and 151.", "73 plus 78")
                .asked(ScriptBook.call("add", "{\"arg0\": 37, \"arg1\": 87}"), "37 plus 87")
                .told("37 + 87 =~ 124", "37 plus 87")
                .asked(ScriptBook.call("add", "{\"arg0\": 2, \"arg1\": 3}"), "First add 2 and 3")
                .told("It is~ 20.", "First add 2 and 3", "tool: 20")
                .told(ScriptBook.call("multiply", "{\"arg0\": 5, \"arg1\": 4}"), "First add 2 and 3")
                .asked(ScriptBook.call("process",
                        "{\"arg0\": {\"name\": \"Klaus\", \"age\": 37, \"height\": 1.78, \"married\": false}}"),
                        "Use 'process' tool", "1.78m")
                .asked(ScriptBook.call("process",
                        "{\"arg0\": {\"name\": \"Klaus\", \"address\": {\"city\": \"Langley Falls\"}}}"),
                        "Use 'process' tool", "Langley Falls")
                .asked(ScriptBook.call("process",
                        "{\"arg0\": {\"name\": \"Francine\", \"children\": [{\"name\": \"Steve\", \"children\": []}, {\"name\": \"Hayley\", \"children\": []}]}}"),
                        "Use 'process' tool", "Steve")
                .asked(ScriptBook.call("currentTime", "{}"), "HH:MM:SS")
                .told("It is~ 17:11:45.", "HH:MM:SS")
                .asked(ScriptBook.call("currentTemperature", "{\"arg0\": \"Munich\", \"arg1\": \"CELSIUS\"}"),
                        "temperature in Munich in celsius")
                .told("It is~ 19 degrees.", "temperature in Munich in celsius")
                .asked(ScriptBook.call("process", "{\"arg0\": {\"Klaus\": 42, \"Francine\": 47}}"),
                        "Klaus is 42 years old")
                .asked(ScriptBook.call("processNames", "{\"arg0\": [\"Klaus\", \"Franny\"]}"), "following names")
                .asked(ScriptBook.call("process", "{\"arg0\": [\"RED\", \"GREEN\"]}"), "following colors")
                .asked(ScriptBook.call("processNumbers", "{\"arg0\": [37, 73]}"), "following integers")
                .asked(ScriptBook.call("process", "{\"arg0\": [{\"name\": \"Klaus\"}, {\"name\": \"Franny\"}]}"),
                        "following people")
                .asked(ScriptBook.call("getUsernameFromId", "{\"arg0\": \"62dbcc27-aaf3-449a-b12d-5a904271a57f\"}"),
                        "username with ID")
                .told("It is~ Alice.", "username with ID")
                .asked(ScriptBook.call("modify", "{\"arg0\": 7}"), "Call tool 'modify'")
                .asked(ScriptBook.call("takePhoto", "{}"), "Take a photo")
                .asked(ScriptBook.call("currentDate", "{}"), "What is the date today");
    }
}
