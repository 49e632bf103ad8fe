package io.github.jnpu.server.cli;

import io.github.jnpu.engine.placement.PlacementWish;
import io.github.jnpu.server.ServerOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

import java.util.Optional;

/** Where the stages of a model shall run, as options and the environment say it. */
final class PlacementOptions {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--place", paramLabel = "WHERE", description = {
            "What runs the model: auto, cpu, gpu, npu, a backend (vector, onnxruntime, reference, jlama) or one of its devices (onnxruntime:webgpu);",
            "for each stage: prefill=npu,decode=gpu,embed=cpu; the first that can: npu|gpu|cpu; some layers: gpu@8+cpu. Default: JNPU_PLACE, else auto."})
    private String place;

    @Option(names = "--strict", description = "Fail rather than run anywhere else than --place says (JNPU_STRICT=1).")
    private boolean strict;

    @Option(names = "--backend", paramLabel = "NAME", description = "Short for --place NAME --strict.")
    private String backend;

    /** What the environment says, overridden by a model's own wish, and that by the command line's. */
    PlacementWish wish(Optional<PlacementWish> ofModel) {
        PlacementWish wish = ServerOptions.place(System.getenv());
        wish = ofModel.map(wish::overriddenBy).orElse(wish);
        if (backend != null && (place != null || strict)) {
            throw new ParameterException(spec.commandLine(),
                    "--backend is short for --place and --strict: leave it out");
        }
        String text = backend == null ? place : backend;
        try {
            return text == null
                    ? wish.withStrict(wish.strict() || strict)
                    : wish.overriddenBy(PlacementWish.parse(text, strict || backend != null));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
