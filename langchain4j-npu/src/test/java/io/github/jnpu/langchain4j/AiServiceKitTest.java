package io.github.jnpu.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.common.AbstractAiServiceIT;
import dev.langchain4j.service.common.AbstractAiServiceWithJsonSchemaIT;
import dev.langchain4j.service.common.AbstractAiServiceWithToolsIT;
import dev.langchain4j.service.common.AbstractStreamingAiServiceIT;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

/** LangChain4j's own tests of AiServices. */
class AiServiceKitTest {
    private static final KitModels MODELS = new KitModels();

    @AfterAll
    static void close() {
        MODELS.close();
    }

    private static List<ChatModel> demo() {
        return List.of(MODELS.open(NpuChatModel.builder().modelName("demo").temperature(0.0)));
    }

    private static List<ChatModel> scripted() {
        return List.of(MODELS.open(NpuChatModel.builder().modelPath(KitModels.scripted()).temperature(0.0)));
    }

    @ExtendWith(KitSkips.class)
    abstract static class PlainKit extends AbstractAiServiceIT {}

    @Nested
    class PlainDemo extends PlainKit {
        @Override
        protected List<ChatModel> models() {
            return demo();
        }

        @Override
        protected boolean supportsTools() {
            return KitSkips.DEMO_HAS_TOOLS;
        }
    }

    @Nested
    class PlainScripted extends PlainKit {
        @Override
        protected List<ChatModel> models() {
            return scripted();
        }
    }

    @ExtendWith(KitSkips.class)
    abstract static class ToolsKit extends AbstractAiServiceWithToolsIT {
        @Override
        protected boolean supportsRecursion() {
            return true;
        }

        @Override
        protected boolean verifyModelInteractions() {
            return true;
        }

        /** Refused before anyone looks at it; the original would be downloaded. */
        @Override
        protected Image catImage() {
            return Image.builder().base64Data("AAAA").mimeType("image/png").build();
        }
    }

    @Nested
    class ToolsDemo extends ToolsKit {
        @Override
        protected List<ChatModel> models() {
            return demo();
        }
    }

    @Nested
    class ToolsScripted extends ToolsKit {
        @Override
        protected List<ChatModel> models() {
            return scripted();
        }
    }

    @ExtendWith(KitSkips.class)
    abstract static class SchemaKit extends AbstractAiServiceWithJsonSchemaIT {
        @Override
        protected boolean supportsRecursion() {
            return true;
        }
    }

    @Nested
    class SchemaDemo extends SchemaKit {
        @Override
        protected List<ChatModel> models() {
            return demo();
        }
    }

    @Nested
    class SchemaScripted extends SchemaKit {
        @Override
        protected List<ChatModel> models() {
            return scripted();
        }
    }

    @ExtendWith(KitSkips.class)
    abstract static class StreamingKit extends AbstractStreamingAiServiceIT {}

    @Nested
    class StreamingDemo extends StreamingKit {
        @Override
        protected List<StreamingChatModel> models() {
            return List.of(MODELS.open(NpuStreamingChatModel.builder().modelName("demo").temperature(0.0)));
        }
    }

    @Nested
    class StreamingScripted extends StreamingKit {
        @Override
        protected List<StreamingChatModel> models() {
            return List.of(MODELS.open(NpuStreamingChatModel.builder().modelPath(KitModels.scripted()).temperature(
                    0.0)));
        }
    }
}
