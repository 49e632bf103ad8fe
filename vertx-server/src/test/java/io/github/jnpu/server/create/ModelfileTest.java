package io.github.jnpu.server.create;

import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.server.create.Modelfile.Instruction;
import io.github.jnpu.server.create.Modelfile.Keyword;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ModelfileTest {
    private static Modelfile parse(String text) {
        return Modelfile.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsEveryInstruction() {
        Modelfile file = parse("""
                # a comment
                from ./model.gguf

                PARAMETER Temperature 0.5
                parameter stop "a b"
                PARAMETER stop </s>
                Template \"""{{ .System }}
                 # no comment
                {{ .Prompt }}\"""
                SYSTEM "two
                lines"
                SYSTEM You are "brief" today.\t
                LICENSE MIT
                LICENSE \"""Apache
                \"""
                MESSAGE user What's up?
                Message ASSISTANT \"""He said "no".\"""
                ADAPTER a.gguf
                RENDERER r
                PARSER p
                REQUIRES 0.14.0
                """);
        assertThat(file.arguments(Keyword.FROM)).containsExactly("./model.gguf");
        assertThat(file.arguments(Keyword.SYSTEM)).containsExactly("two\nlines", "You are \"brief\" today.");
        assertThat(file.last(Keyword.SYSTEM)).contains("You are \"brief\" today.");
        assertThat(file.last(Keyword.TEMPLATE)).contains("{{ .System }}\n # no comment\n{{ .Prompt }}");
        assertThat(file.arguments(Keyword.LICENSE)).containsExactly("MIT", "Apache\n");
        assertThat(file.messages()).containsExactly(ChatMessage.user("What's up?"), ChatMessage.of("assistant",
                "He said \"no\"."));
        assertThat(ModelParameters.of(file, _ -> {})).isEqualTo(Map.of("temperature", 0.5f, "stop", List.of("a b",
                "</s>")));
        assertThat(file.last(Keyword.REQUIRES)).contains("0.14.0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"SYSTEM x | no FROM line", "'' | no FROM line",
            "FROM x~HELLO y | (line 2): command must be one of \"from\", \"parameter\"",
            "FROM x~~MESSAGE robot hi | (line 3): message role must be one of \"system\", \"user\", or \"assistant\"",
            "FROM | (line 1): FROM needs a value", "FROM x~SYSTEM \"\"\"abc~def | (line 2): the quotes are not closed",
            "FROM x~PARAMETER temperature | (line 2): PARAMETER needs a value",
            "FROM x~SYSTEM \"\"\"a\"\"\" b | (line 2): unexpected text behind the closing quotes"})
    void saysWhatIsWrongAndWhere(String text, String message) {
        assertThatThrownBy(() -> parse(text.replace('~', '\n'))).isInstanceOf(RefusedModelException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"frob 1 | unknown parameter 'frob'", "num_ctx x | invalid int value [x]",
            "temperature NaN | invalid float value [NaN]", "top_p a | invalid float value [a]",
            "use_mmap maybe | invalid bool value [maybe]", "strict often | invalid bool value [often]"})
    void parametersHaveTypes(String parameter, String message) {
        Modelfile file = parse("FROM x\nPARAMETER " + parameter);
        assertThatThrownBy(() -> ModelParameters.of(file, _ -> {})).isInstanceOf(RefusedModelException.class)
                .hasMessage(
                        message);
    }

    @Test
    void aModelMaySayWhereItRuns() {
        assertThat(ModelParameters.of(parse("FROM x\nPARAMETER place prefill=npu,decode=gpu\nPARAMETER strict true"),
                _ -> {})).isEqualTo(Map.of("place", "prefill=npu,decode=gpu", "strict", true));
    }

    @Test
    void deprecatedParametersAreWarnedAbout() {
        List<String> warnings = new ArrayList<>();
        assertThat(ModelParameters.of(parse("FROM x\nPARAMETER mirostat 1\nPARAMETER num_ctx 8\nPARAMETER num_ctx 16"),
                warnings::add)).isEqualTo(Map.of("num_ctx", 16L));
        assertThat(warnings).containsExactly("parameter 'mirostat' has no effect any more");
    }

    @Test
    void otherEncodingsAndLineEndsAreRead() {
        byte[] utf16 = "FROM x\r\nSYSTEM ä\r\n".getBytes(StandardCharsets.UTF_16);
        assertThat(Modelfile.parse(utf16).last(Keyword.SYSTEM)).contains("ä");
        assertThat(parse("\ufeffFROM x").last(Keyword.FROM)).contains("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", " around ", "a\nb", "say \"x\"", "\"x\"", "a\n\"b\"", "ends with \"",
            "# no comment",
            "trailing\n"})
    void whatIsWrittenIsReadBack(String text) {
        List<Instruction> instructions = List.of(Instruction.of(Keyword.FROM, "x"),
                Instruction.of(Keyword.SYSTEM, text),
                new Instruction(Keyword.MESSAGE, "user", text), new Instruction(Keyword.PARAMETER, "stop", text));
        assertThat(parse(new Modelfile(instructions).toString()).instructions()).isEqualTo(instructions);
    }
}
