package io.github.jnpu.langchain4j;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The only place that says which of LangChain4j's own tests are left out with which model, and why. A line that is taken away here is run; {@link KitTableTest}
 * then says what the README has to say.
 */
final class KitSkips implements ExecutionCondition {

    /** Why a test is left out. */
    enum Reason {
        WORDS("needs a model that knows more words than the demo model"),
        TOOLS("needs a model that calls tools more surely than the demo model"),
        SLOW("waits 30 seconds by itself; it runs with the scripted weights");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /** Whether the demo model's template has a place for tools. */
    static final boolean DEMO_HAS_TOOLS = true;

    /** For all tests of a kit. */
    private static final String ALL = "*";
    private static final Map<Class<?>, Map<String, Reason>> SKIPS = new HashMap<>();

    static {
        for (Class<?> kit : List.of(ChatModelKitTest.Demo.class, StreamingChatModelKitTest.Demo.class)) {
            skip(kit, Reason.WORDS, "should_respect_system_message", "should_respect_multiple_messages",
                    "should_respect_stopSequences_in_chat_request",
                    "should_respect_stopSequences_in_default_model_parameters", "should_respect_JSON_response_format",
                    "should_respect_JSON_response_format_with_schema", "should_respect_JsonRawSchema_responseFormat");
            skip(kit, Reason.TOOLS, "should_execute_multiple_tools_in_parallel_then_answer",
                    "should_execute_a_tool_then_answer_respecting_JSON_response_format_with_schema");
        }
        skip(StreamingChatModelKitTest.Demo.class, Reason.SLOW, "should_cancel_streaming");
        skip(AiServiceKitTest.PlainDemo.class, Reason.TOOLS, "should_execute_tool_then_return_structured_output");
        skip(AiServiceKitTest.StreamingDemo.class, Reason.TOOLS,
                "should_keep_memory_consistent_when_streaming_using_immediate_tool");
        skip(AiServiceKitTest.ToolsDemo.class, Reason.TOOLS, "should_allow_blank_tool_result",
                "should_allow_empty_tool_result",
                "should_execute_immediate_tool_in_parallel_with_primitive_parameters",
                "should_execute_normal_tool_in_parallel_with_primitive_parameters",
                "should_execute_tool_with_collection_of_integers_parameter",
                "should_execute_tool_with_list_of_POJOs_parameter",
                "should_execute_tool_with_list_of_strings_parameter",
                "should_execute_tool_with_map_parameter",
                "should_execute_tool_with_pojo_with_nested_pojo",
                "should_execute_tool_with_pojo_with_primitives",
                "should_execute_tool_with_pojo_with_recursion",
                "should_execute_tool_with_set_of_enums_parameter",
                "should_execute_tool_with_uuid_parameter",
                "should_execute_tool_without_parameters",
                "should_keep_memory_consistent_using_return_immediate",
                "should_return_immediately_from_first_tool_when_not_called_in_parallel",
                "should_return_to_LLM");
        skip(AiServiceKitTest.SchemaDemo.class, Reason.WORDS, "should_extract_double_boxed",
                "should_extract_double_primitive",
                "should_extract_enum",
                "should_extract_float_boxed",
                "should_extract_float_primitive",
                "should_extract_int_boxed",
                "should_extract_int_primitive",
                "should_extract_list_of_enums",
                "should_extract_list_of_pojo",
                "should_extract_list_of_polymorphic_types",
                "should_extract_list_of_strings",
                "should_extract_long_boxed",
                "should_extract_long_primitive",
                "should_extract_pojo_with_array_of_enums",
                "should_extract_pojo_with_array_of_pojos",
                "should_extract_pojo_with_array_of_primitives",
                "should_extract_pojo_with_enum",
                "should_extract_pojo_with_list_of_enums",
                "should_extract_pojo_with_list_of_pojos",
                "should_extract_pojo_with_list_of_primitives",
                "should_extract_pojo_with_local_date_time_fields",
                "should_extract_pojo_with_missing_data",
                "should_extract_pojo_with_nested_pojo",
                "should_extract_pojo_with_nested_polymorphic_field",
                "should_extract_pojo_with_primitives",
                "should_extract_pojo_with_recursion",
                "should_extract_pojo_with_set_of_enums",
                "should_extract_pojo_with_set_of_pojos",
                "should_extract_pojo_with_set_of_primitives",
                "should_extract_pojo_with_uuid",
                "should_extract_polymorphic_type",
                "should_extract_recursive_polymorphic_type",
                "should_extract_set_of_enums",
                "should_extract_set_of_pojo",
                "should_extract_set_of_strings",
                "should_return_result_with_list_of_pojo");
    }

    private static void skip(Class<?> kit, Reason reason, String... tests) {
        for (String test : tests) {
            SKIPS.computeIfAbsent(kit, _ -> new HashMap<>()).put(test, reason);
        }
    }

    /** Why a test is left out; empty if it is run. */
    static Optional<Reason> of(Class<?> kit, String test) {
        Map<String, Reason> skips = SKIPS.getOrDefault(kit, Map.of());
        return Optional.ofNullable(skips.getOrDefault(test, skips.get(ALL)));
    }

    /** The names that are spoken of. */
    static Map<Class<?>, Set<String>> names() {
        return SKIPS.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().keySet()
                .stream().filter(name -> !name.equals(ALL)).collect(Collectors.toSet())));
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return context.getTestMethod().flatMap(method -> of(context.getRequiredTestClass(), method.getName())).map(
                reason -> ConditionEvaluationResult.disabled(reason.text())).orElseGet(
                        () -> ConditionEvaluationResult.enabled("run"));
    }
}
