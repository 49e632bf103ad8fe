package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.Stage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where somebody wants a model to run, stage by stage.
 *
 * <pre>
 * place   := plan | stage=plan {"," stage=plan}    stage: prefill, decode, embed; those that are not named are automatic
 * plan    := split {"|" split}                     the first that can run it
 * split   := target | target@layers {"+" target@layers} "+" target | "attn:" target "+ffn:" target
 * target  := auto | cpu | gpu | npu | BACKEND | BACKEND:DEVICE
 * </pre>
 * {@value #DIRECTML_QNN_CPU} stands for ONNX Runtime on DirectML, else on QNN, else the CPU.
 *
 * @param stages
 *            a stage that is missing is automatic
 * @param strict
 *            whether anything else than what is wished is an error, before and while the model runs
 */
public record PlacementWish(Map<Stage, StageWish> stages, boolean strict) {
    /** The name of the order of devices that Windows machines used to be given. */
    public static final String DIRECTML_QNN_CPU = "directml-qnn-cpu";
    private static final Map<String, String> PRESETS = Map.of(DIRECTML_QNN_CPU,
            "onnxruntime:directml|onnxruntime:qnn|cpu");

    /** Whatever is best. */
    public static final PlacementWish AUTO = new PlacementWish(Map.of(), false);

    public PlacementWish {
        stages = stages.isEmpty() ? Map.of() : Map.copyOf(new EnumMap<>(stages));
    }

    /**
     * Reads what users write.
     *
     * @throws IllegalArgumentException
     *             one line that says what is wrong, if it cannot be read
     */
    public static PlacementWish parse(String text, boolean strict) {
        Map<Stage, StageWish> stages = new EnumMap<>(Stage.class);
        List<String> parts = List.of(text.split(",", -1));
        for (String part : parts) {
            int equals = part.indexOf('=');
            Optional<Stage> stage = equals < 0 ? Optional.empty() : stage(part.substring(0, equals));
            if (stage.isEmpty()) {
                if (parts.size() > 1) {
                    throw new IllegalArgumentException(
                            "'%s' is not STAGE=DEVICE; stages are %s".formatted(part, stageNames()));
                }
                StageWish wish = wish(part);
                Arrays.stream(Stage.values()).forEach(each -> stages.put(each, wish));
            } else if (stages.put(stage.get(), wish(part.substring(equals + 1))) != null) {
                throw new IllegalArgumentException("%s is placed twice in '%s'".formatted(name(stage.get()), text));
            }
        }
        return new PlacementWish(stages, strict);
    }

    private static StageWish wish(String text) {
        String plan = text.strip();
        return StageWish.parse(PRESETS.getOrDefault(plan.toLowerCase(Locale.ROOT), plan));
    }

    private static Optional<Stage> stage(String name) {
        return Arrays.stream(Stage.values()).filter(stage -> name(stage).equalsIgnoreCase(name.strip())).findFirst();
    }

    private static String stageNames() {
        return Arrays.stream(Stage.values()).map(PlacementWish::name).collect(Collectors.joining(", "));
    }

    /** As users write it: {@code prefill}. */
    static String name(Stage stage) {
        return stage.name().toLowerCase(Locale.ROOT);
    }

    StageWish of(Stage stage) {
        return stages.getOrDefault(stage, StageWish.AUTO);
    }

    /** Whether nothing in particular is wished. */
    public boolean isAuto() {
        return stages.values().stream().allMatch(StageWish::isAuto);
    }

    /** The same with some stages as another wish has them, and strict if one of them is. */
    public PlacementWish overriddenBy(PlacementWish other) {
        Map<Stage, StageWish> merged = new EnumMap<>(Stage.class);
        merged.putAll(stages);
        merged.putAll(other.stages);
        return new PlacementWish(merged, strict || other.strict);
    }

    public PlacementWish withStrict(boolean value) {
        return new PlacementWish(stages, value);
    }

    /** As it could be written. */
    @Override
    public String toString() {
        if (isAuto()) {
            return Target.AUTO.toString();
        }
        List<String> parts = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            parts.add("%s=%s".formatted(name(stage), of(stage)));
        }
        return stages.size() == Stage.values().length && stages.values().stream().distinct().count() == 1
                ? of(Stage.PREFILL).toString()
                : String.join(",", parts);
    }
}
