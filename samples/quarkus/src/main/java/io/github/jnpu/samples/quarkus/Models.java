package io.github.jnpu.samples.quarkus;

import io.github.jnpu.langchain4j.NpuChatModel;
import io.github.jnpu.langchain4j.NpuStreamingChatModel;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The models as beans: loaded while the application starts, freed when it stops or dev mode reloads it. Both share one engine. */
class Models {
    private static final double LIKELIEST = 0;

    @Produces
    @Singleton
    @Startup
    NpuChatModel chatModel(@ConfigProperty(name = "model") String name) {
        return NpuChatModel.builder().modelName(name).temperature(LIKELIEST).build();
    }

    void free(@Disposes NpuChatModel model) {
        model.close();
    }

    @Produces
    @Singleton
    @Startup
    NpuStreamingChatModel streamingChatModel(@ConfigProperty(name = "model") String name) {
        return NpuStreamingChatModel.builder().modelName(name).temperature(LIKELIEST).build();
    }

    void free(@Disposes NpuStreamingChatModel model) {
        model.close();
    }
}
