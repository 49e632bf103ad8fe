package io.github.jnpu.langchain4j;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Holds the README to what is run of LangChain4j's own tests. What is run and fails fails the build elsewhere. */
class KitTableTest {
    private static final String BEGIN = "<!-- kits: this part is what KitTableTest says -->\n";
    private static final String END = "<!-- end of kits -->";

    private record Kit(String name, Class<?> small, Optional<Class<?>> scripted) {
        Kit(String name, Class<?> small, Class<?> scripted) {
            this(name, small, Optional.of(scripted));
        }
    }

    private static final List<Kit> KITS = List.of(
            new Kit("AbstractChatModelIT", ChatModelKitTest.Demo.class, ChatModelKitTest.Scripted.class),
            new Kit("AbstractStreamingChatModelIT", StreamingChatModelKitTest.Demo.class,
                    StreamingChatModelKitTest.Scripted.class),
            new Kit("AbstractChatModelListenerIT", ListenerKitTest.Demo.class, ListenerKitTest.Scripted.class),
            new Kit("AbstractStreamingChatModelListenerIT", ListenerKitTest.StreamingDemo.class,
                    ListenerKitTest.StreamingScripted.class),
            new Kit("AbstractAiServiceIT", AiServiceKitTest.PlainDemo.class, AiServiceKitTest.PlainScripted.class),
            new Kit("AbstractStreamingAiServiceIT", AiServiceKitTest.StreamingDemo.class,
                    AiServiceKitTest.StreamingScripted.class),
            new Kit("AbstractAiServiceWithToolsIT", AiServiceKitTest.ToolsDemo.class,
                    AiServiceKitTest.ToolsScripted.class),
            new Kit("AbstractAiServiceWithJsonSchemaIT", AiServiceKitTest.SchemaDemo.class,
                    AiServiceKitTest.SchemaScripted.class),
            new Kit("AbstractEmbeddingModelIT, with all-minilm", NpuEmbeddingModelTest.class, Optional.empty()));

    /** What becomes of a test with a model. */
    private sealed interface Fate {
        record Run() implements Fate {}

        record Skipped(KitSkips.Reason reason) implements Fate {}

        record Unsupported() implements Fate {}

        record Pointless() implements Fate {}
    }

    private static Set<String> tests(Class<?> kit) {
        Set<String> names = new TreeSet<>();
        methods(kit).stream().filter(method -> method.getDeclaringClass().getName().startsWith("dev.langchain4j"))
                .filter(method -> method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(
                        ParameterizedTest.class))
                .forEach(method -> names.add(method.getName()));
        return names;
    }

    private static List<Method> methods(Class<?> type) {
        List<Method> methods = new ArrayList<>();
        for (Class<?> at = type; at != Object.class; at = at.getSuperclass()) {
            methods.addAll(List.of(at.getDeclaredMethods()));
        }
        return methods;
    }

    private static Fate fate(Class<?> kit, String test) throws ReflectiveOperationException {
        Method method = methods(kit).stream().filter(any -> any.getName().equals(test)).findFirst().orElseThrow();
        DisabledIf disabled = method.getAnnotation(DisabledIf.class);
        if (disabled != null && holds(kit, disabled.value())) {
            return new Fate.Pointless();
        }
        EnabledIf enabled = method.getAnnotation(EnabledIf.class);
        if (enabled != null && !holds(kit, enabled.value())) {
            return new Fate.Unsupported();
        }
        return KitSkips.of(kit, test).<Fate>map(Fate.Skipped::new).orElseGet(Fate.Run::new);
    }

    private static boolean holds(Class<?> kit, String condition) throws ReflectiveOperationException {
        Method method = methods(kit).stream().filter(any -> any.getName().equals(condition) && any
                .getParameterCount() == 0).findFirst().orElseThrow();
        method.setAccessible(true);
        return (boolean) method.invoke(instance(kit));
    }

    private static Object instance(Class<?> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return constructor.getParameterCount() == 0
                ? constructor.newInstance()
                : constructor.newInstance(instance(type.getEnclosingClass()));
    }

    private static String table() throws ReflectiveOperationException {
        StringBuilder rows = new StringBuilder(
                "| kit | pass with a small model | pass with scripted weights only | not supported | do not apply |\n|---|---:|---:|---:|---:|\n");
        Map<String, Set<String>> lists = new TreeMap<>();
        int[] sums = new int[4];
        for (Kit kit : KITS) {
            int[] counts = new int[4];
            for (String test : tests(kit.small)) {
                Fate small = fate(kit.small, test);
                Fate scripted = kit.scripted.isPresent() ? fate(kit.scripted.get(), test) : small;
                int column = small instanceof Fate.Run
                        ? 0
                        : scripted instanceof Fate.Run
                                ? 1
                                : scripted instanceof Fate.Unsupported
                                        ? 2
                                        : 3;
                counts[column]++;
                sums[column]++;
                String name = "`" + test + "`";
                switch (column) {
                    case 1 -> list(lists, small instanceof Fate.Skipped(KitSkips.Reason reason)
                            ? "1 " + reason.text()
                            : "1 " + KitSkips.Reason.TOOLS.text(), kit, name);
                    case 2 -> list(lists, "2 not supported", kit, name);
                    case 3 -> list(lists, "3 do not apply, as what they say is refused is supported", kit, name);
                    default -> {
                    }
                }
            }
            row(rows, "`%s`".formatted(kit.name.replace(", ", "`, ")).replace("minilm`", "minilm"), counts);
        }
        row(rows, "all", sums);
        rows.append("\n| which, other than those that a small model passes | |\n|---|---|\n");
        lists.forEach((reason, names) -> rows.append("| %s | %s |\n".formatted(reason.substring(2), String.join(", ",
                names))));
        return rows.toString();
    }

    /** All tests of a long list are named by their kit. */
    private static void list(Map<String, Set<String>> lists, String reason, Kit kit, String name) {
        boolean whole = kit.name.contains("AiServiceWith") && reason.startsWith("1");
        lists.computeIfAbsent(reason, _ -> new TreeSet<>()).add(whole ? "all of `" + kit.name + "`" : name);
    }

    private static void row(StringBuilder rows, String name, int[] counts) {
        rows.append("| %s | %d | %d | %d | %d |\n".formatted(name, counts[0], counts[1], counts[2], counts[3]));
    }

    @Test
    void theReadmeSaysWhatIsRun() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        assertThat(readme).contains(BEGIN, END);
        assertThat(readme.substring(readme.indexOf(BEGIN) + BEGIN.length(), readme.indexOf(END))).as(
                "put this between the two marks").isEqualTo(table());
    }

    @Test
    void namesOfTestsThatAreLeftOutAreNamesOfTests() {
        KitSkips.names().forEach((kit, names) -> assertThat(tests(kit)).as(kit.getName()).containsAll(names));
    }

    @Test
    void everyKitIsInTheTable() {
        Set<Class<?>> known = KITS.stream().flatMap(kit -> Stream.concat(Stream.of(
                kit.small), kit.scripted.stream())).collect(Collectors.toSet());
        assertThat(known).containsAll(KitSkips.names().keySet());
    }
}
