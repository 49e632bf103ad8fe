package io.github.jnpu.engine.grammar;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What grammars accept and refuse, byte by byte. */
class GrammarTest {
    private static final String ARITHMETIC = """
            # llama.cpp's example
            root  ::= (expr "=" ws term "\\n")+
            expr  ::= term ([-+*/] term)*
            term  ::= ident | num | "(" ws expr ")" ws
            ident ::= [a-z] [a-z0-9_]* ws
            num   ::= [0-9]+ ws
            ws    ::= [ \\t\\n]*
            """;
    private static final String LIST = """
            root ::= item+

            # Excludes various line break characters
            item ::= "- " [^\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029]+ "\\n"
            """;
    private static final String CHESS = """
            root ::= "1. " move " " move "\\n" ([1-9] [0-9]? ". " move " " move "\\n")+
            move ::= (pawn | nonpawn | castle) [+#]?
            nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
            pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
            castle ::= "O-O" "-O"?
            """;

    private static Grammar gbnf(String text) {
        return Grammar.ofGbnf(text);
    }

    private static Grammar schema(String text) {
        return Grammar.ofJsonSchema(text.replace('\'', '"'));
    }

    @Test
    void gbnfSamples() {
        assertThat(gbnf(ARITHMETIC).matches("(a1 + 2)*3= x\n")).isFalse();
        assertThat(gbnf(ARITHMETIC).matches("( a1 +2)*3= x\n")).isTrue();
        assertThat(gbnf(ARITHMETIC).matches("a=b\nc=d\n")).isTrue();
        assertThat(gbnf(ARITHMETIC).matches("a=\n")).isFalse();
        assertThat(gbnf(LIST).matches("- one\n- zwölf 🦆\n")).isTrue();
        assertThat(gbnf(LIST).matches("- one\u2028\n")).isFalse();
        assertThat(gbnf(CHESS).matches("1. e4 e5\n2. Nf3 Nc6\n3. O-O-O exd8=Q#\n")).isTrue();
        assertThat(gbnf(CHESS).matches("1. e4 e9\n2. Nf3 Nc6\n")).isFalse();
        assertThat(gbnf(CHESS).begins("1. e4 e5\n2. N")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"2,2", "0,3", "3,-1", "1,5", "7,200"})
    void repetitionsAreCounted(int min, int max) {
        for (String item : List.of("\"a\"", "[ab]", "(\"a\" | \"aa\" \"b\")", "(\"a\"?)")) {
            Grammar grammar = gbnf("root ::= %s{%d,%s} \".\"".formatted(item, min, max < 0 ? "" : Math.min(max, 60)));
            Pattern expected = Pattern.compile("%s{%d,%s}\\.".formatted(item.replaceAll("[\" ]", ""), min, max < 0
                    ? ""
                    : Math.min(max, 60)));
            for (int length = 0; length < 70; length++) {
                for (String text : List.of("a".repeat(length) + ".", "aab".repeat(length / 3) + ".")) {
                    assertThat(grammar.matches(text)).as("%s %s", expected, text).isEqualTo(expected.matcher(text)
                            .matches());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', value = {
            "root ::= root \"a\" | \"b\";recurses before it reads anything",
            "root ::= x;uses rule 'x', which the grammar does not have", "x ::= \"a\";no rule 'root'",
            "root ::= \"a;unexpected end", "root ::= \"a\"{3,2};{m,n}", "root := \"a\";expected '::='",
            "root ::= [z-a];lower to the higher", "root ::= \"\\q\";unknown escape", "root ::= (\"a\";expected ')'"})
    void malformedGbnfIsRefused(String text, String message) {
        assertThatThrownBy(() -> gbnf(text)).isInstanceOf(GrammarException.class).hasMessageContaining(message);
    }

    @Test
    void hiddenLeftRecursionIsRefused() {
        assertThatThrownBy(() -> gbnf("root ::= a\na ::= b? c\nb ::= \"x\"\nc ::= a \"y\" | \"z\""))
                .hasMessageContaining(
                        "recurses before it reads anything");
        assertThatThrownBy(() -> gbnf("root ::= \"a\" root")).hasMessageContaining("derives no text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"a\":1}", "{ \"a\": [1, 2.5e+10, {}], \"b\": null }",
            "{\n  \"a\": {\n    \"b\": []\n  }\n}",
            "{\"\\u00e9\\ud83e\\udd86\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t é🦆\"}"})
    void jsonIsAccepted(String text) {
        assertThat(Grammar.jsonObject().matches(text)).isTrue();
        assertThat(Grammar.jsonValue().matches(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{\"a\":\"\n\"}", "{\"a\":\"\\ud83e\"}", "{} ",
            "{\"a\" :1}",
            "{\"a\":nul}", "{\"a\":\"\\x\"}", "{\n\n\"a\":1}", "{\"a\":-}", "{\"a\":1.}"})
    void whatIsNoJsonObjectIsNot(String text) {
        assertThat(Grammar.jsonObject().matches(text)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', value = {
            "{'not':{}};not;#/not", "{'properties':{'a/b':{'if':{}}}};if;#/properties/a~1b/if",
            "{'type':'array','uniqueItems':true};uniqueItems;#/uniqueItems",
            "{'items':{'patternProperties':{}}};patternProperties;#/items/patternProperties",
            "{'anyOf':[{},{'type':'string','pattern':'(?=a)'}]};pattern;#/anyOf/1/pattern",
            "{'type':'string','pattern':'(a)\\\\1'};pattern;#/pattern",
            "{'type':'string','pattern':'\\\\bword'};pattern;#/pattern",
            "{'$ref':'http://example.org/x'};$ref;#/$ref", "{'$ref':'#/nowhere'};$ref;#/$ref",
            "{'oneOf':[{'type':'integer'},{'type':'number'}]};oneOf;#/oneOf",
            "{'oneOf':[{'type':'object','properties':{'a':{}},'required':['a']},{'type':'object','properties':{'a':{},'b':{}},'required':['a','b']}]};oneOf;#/oneOf",
            "{'type':'integer','multipleOf':7};multipleOf;#/multipleOf",
            "{'type':'object','minProperties':2};minProperties;#/minProperties",
            "{'type':'array','contains':{}};contains;#/contains", "{'type':'float'};type;#/type",
            "{'type':'array','items':[{}]};items;#/items", "{'type':'string','minLength':-1};minLength;#/minLength",
            "{'type':'number','minimum':1e400};minimum;#/minimum",
            "{'dependentRequired':{}};dependentRequired;#/dependentRequired"})
    void unsupportedKeywordsAreNamed(String text, String keyword, String pointer) {
        assertThatThrownBy(() -> schema(text)).isInstanceOfSatisfying(GrammarException.class, e -> {
            assertThat(e.keyword()).isEqualTo(keyword);
            assertThat(e.pointer()).isEqualTo(pointer);
            assertThat(e).hasMessageContaining(keyword).hasMessageNotContaining("\n");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "{'enum':[]}", "{'allOf':[{'type':'string'},{'type':'integer'}]}",
            "{'type':'integer','minimum':3,'maximum':2}",
            "{'type':'string','pattern':'^a{10}$','maxLength':5}",
            "{'type':'object','properties':{'a':{'$ref':'#'}},'required':['a']}"})
    void whatNothingMatchesIsRefused(String text) {
        assertThatThrownBy(() -> schema(text)).hasMessageContaining("derives no text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'$ref':'#'}", "{'allOf':[{'$ref':'#'}]}", "3", "[",
            "{'type':'string','pattern':'(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)(^|$)x'}",
            "{'type':'string','pattern':'((((a{99999}){99999}){99999}){99999}){99999}[','maxLength':100000}"})
    void hostileSchemasAreRefused(String text) {
        assertThatThrownBy(() -> schema(text)).isInstanceOf(GrammarException.class);
    }

    @Test
    void listedPropertiesAreNoFreeNames() {
        Grammar grammar = schema(
                "{'properties':{'a':{'type':'integer'},'ab':{}},'additionalProperties':{'type':'string'}}");
        assertThat(grammar.matches("{\"a\":1,\"b\":\"x\"}")).isTrue();
        assertThat(grammar.matches("{\"abc\":\"x\",\"\":\"y\"}")).isTrue();
        assertThat(grammar.matches("{\"a\":\"x\"}")).isFalse();
        assertThat(grammar.matches("{\"\\u0061\":\"x\"}")).isFalse();
        assertThat(grammar.matches("{\"a\":1,\"a\":\"x\"}")).isFalse();
    }

    @Test
    void eitherOfTwoGrammars() {
        // Both have a rule "root" and others of one name, which must not mix.
        Grammar either = gbnf("root ::= a+\na ::= \"x\"").or(gbnf("root ::= a\na ::= \"y\" a?"));
        assertThat(List.of("x", "xxx", "y", "yy")).allMatch(either::matches);
        assertThat(List.of("", "xy", "yx", "z")).noneMatch(either::matches);
        assertThat(either).isEqualTo(gbnf("root ::= a+\na ::= \"x\"").or(gbnf("root ::= a\na ::= \"y\" a?")));
        Grammar thinking = either.or(schema("{'type':'integer'}")).behindOptional("<think>", "</think>");
        assertThat(List.of("42", "xx", "<think>x?</think>\ny")).allMatch(thinking::matches);
        assertThat(thinking.matches("42x")).isFalse();
        // An answer with choices of nothing, and one that recurs.
        assertThat(schema("{'type':'object'}")
                .or(schema("{'$ref':'#/$defs/l','$defs':{'l':{'type':'array','items':{'$ref':'#/$defs/l'}}}}"))
                .matches("[[],[[]]]")).isTrue();
    }

    @Test
    void callsBehindTags() {
        Grammar calls = schema(
                "{'type':'object','properties':{'n':{'type':'integer'}},'required':['n'],'additionalProperties':false}")
                .tagged("<call>", "</call>");
        assertThat(List.of("<call>{\"n\":1}</call>", "<call>\n{\"n\":1}\n</call>\n<call>{\"n\":2}</call>",
                "<call>{\"n\":1}", "<call>[{\"n\":1}, {\"n\":2}]")).allMatch(calls::matches);
        assertThat(List.of("", "{\"n\":1}", "<call>", "<call>[]", "<call>{\"n\":1}</call>x", "<call>{\"m\":1}</call>"))
                .noneMatch(calls::matches);
        assertThatThrownBy(() -> calls.tagged("", "x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void thoughtsComeFirst() {
        Grammar behind = schema("{'type':'integer'}").behind("</think>");
        assertThat(behind.matches("Hm, {\"a\"} <</think>\n\n42")).isTrue();
        assertThat(behind.matches("42")).isFalse();
        assertThat(behind.matches("a</think>b</think>42")).isFalse();
        Grammar optional = schema("{'type':'integer'}").behindOptional("<think>", "</think>");
        assertThat(optional.matches("42")).isTrue();
        assertThat(optional.matches("<think>\nah</think>\n\n42")).isTrue();
        assertThat(optional.matches("ah</think>42")).isFalse();
    }

    @Test
    void emailsHaveAnAtSign() {
        Grammar grammar = schema("{'type':'string','format':'email'}");
        assertThat(grammar.matches("\"jane.doe+x@mail.example.com\"")).isTrue();
        assertThat(grammar.matches("\"jane@example\"")).isFalse();
        assertThat(grammar.matches("\"@example.com\"")).isFalse();
    }

    /** Numbers beside and between random bounds, against exact arithmetic. */
    @Test
    void boundsOfNumbersAreExact() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 3000; round++) {
            int scale = random.nextInt(4);
            BigDecimal low = BigDecimal.valueOf(random.nextInt(-3000, 3000), scale);
            BigDecimal high = low.add(BigDecimal.valueOf(random.nextInt(0, 400), random.nextInt(4)));
            boolean whole = random.nextBoolean();
            NumberRange.Bound from = new NumberRange.Bound(low, random.nextBoolean());
            NumberRange.Bound to = new NumberRange.Bound(high, random.nextBoolean());
            Optional<NumberRange.Bound> least = random.nextInt(8) == 0 ? Optional.empty() : Optional.of(from);
            Optional<NumberRange.Bound> most = random.nextInt(8) == 0 ? Optional.empty() : Optional.of(to);
            Expression expression = new NumberRange(least, most, whole ? 0 : 6).expression();
            Optional<Automaton> automaton = automaton(expression);
            for (int i = 0; i < 40; i++) {
                BigDecimal near = random.nextBoolean() ? low : high;
                BigDecimal value = near.add(BigDecimal.valueOf(random.nextInt(-20, 20), random.nextInt(5)));
                String text = value.toPlainString();
                boolean inside = (least.isEmpty() || value.compareTo(low) > (from.inclusive() ? -1 : 0))
                        && (most.isEmpty() || value.compareTo(high) < (to.inclusive() ? 1 : 0));
                boolean expected = inside && (!whole || text.indexOf('.') < 0);
                // Zero has one sign only.
                if (value.signum() != 0 || !text.startsWith("-")) {
                    assertThat(automaton.map(one -> accepts(one, text)).orElse(false))
                            .as("%s in %s to %s, whole %s", text,
                                    least, most, whole)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static Optional<Automaton> automaton(Expression expression) {
        return expression == Expression.NOTHING
                ? Optional.empty()
                : Optional.of(AutomatonBuilder.build(Rules.of(Map.of("root", expression), "root")));
    }

    private static boolean accepts(Automaton automaton, String text) {
        return automaton.next(automaton.start(), text.getBytes(StandardCharsets.UTF_8)).accepts;
    }

    /** Patterns against the JDK's, with and without a limit of the length. */
    @ParameterizedTest
    @ValueSource(strings = {"^a*b$", "ab", "^(ab|a)(c|bcd)$", "^[^a-c]+$", "a|^b|c$", "^(?:a|b){2,3}c?$", "^a.c$",
            "^\\w\\W\\d?$", "^$", "", "(^a|b)c",
            "a(b$|c)", "^(?<name>a+)b{0,2}$", "^[\\]a-]$", "^\\x61\\u0062[\\u{63}é]?$", "^a{2,}$", "^(a*)*b$", "a??b",
            "^\\.[.]\\-$"})
    void patternsFindWhatTheJdkFinds(String pattern) {
        SplittableRandom random = new SplittableRandom(pattern.length());
        Pattern jdk = Pattern.compile(pattern.replace("\\u{63}", "\\x{63}"));
        Grammar plain = Grammar
                .ofJsonSchema(JsonSchemaOracle.JSON.createObjectNode().put("type", "string").put("pattern",
                        pattern));
        Optional<Grammar> limited = limited(pattern);
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(7);
            for (int j = 0; j < length; j++) {
                text.append("aaabbbcccd1. -]é\"\\".charAt(random.nextInt(17)));
            }
            String json = JsonSchemaOracle.JSON.createObjectNode().textNode(text.toString()).toString();
            boolean found = jdk.matcher(text).find();
            assertThat(plain.matches(json)).as("%s in %s", pattern, json).isEqualTo(found);
            assertThat(limited.map(one -> one.matches(json)).orElse(false)).as("%s in short %s", pattern, json)
                    .isEqualTo(
                            found && length >= 1 && length <= 4);
        }
    }

    private static Optional<Grammar> limited(String pattern) {
        try {
            return Optional.of(Grammar.ofJsonSchema(JsonSchemaOracle.JSON.createObjectNode().put("type", "string").put(
                    "pattern",
                    pattern).put("minLength", 1).put("maxLength", 4)));
        } catch (GrammarException e) {
            assertThat(e).hasMessageContaining("derives no text");
            return Optional.empty();
        }
    }

    @Test
    void grammarsOfTheSameSourceAreEqual() {
        assertThat(schema("{'type':'integer'}")).isEqualTo(schema("{ 'type' : 'integer' }")).hasSameHashCodeAs(schema(
                "{'type':'integer'}")).isNotEqualTo(schema("{'type':'number'}"));
        assertThat(Grammar.jsonObject().behind("x")).isNotEqualTo(Grammar.jsonObject());
    }
}
