package io.github.jnpu.engine.registry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class EnvironmentProxiesTest {
    private static final EnvironmentProxies PROXIES = new EnvironmentProxies(Map.of("HTTPS_PROXY",
            "http://proxy.lan:3128", "http_proxy", "plain.lan", "NO_PROXY",
            "direct.example, .inner.lan,*.star.lan,a.b:8443"));

    @ParameterizedTest
    @CsvSource({"https://registry.ollama.ai/v2/, proxy.lan:3128", "http://registry.ollama.ai/v2/, plain.lan:80",
            "https://direct.example/, direct", "https://sub.direct.example/, direct", "https://x.inner.lan/, direct",
            "https://notinner.lan/, proxy.lan:3128", "https://x.star.lan/, direct", "https://a.b:8443/, direct",
            "https://a.b/, proxy.lan:3128", "https://localhost/, direct", "http://127.0.0.1:5000/, direct"})
    void chosenByAddress(URI uri, String expected) {
        Proxy proxy = PROXIES.select(uri).getFirst();
        String found = proxy.address() instanceof InetSocketAddress address
                ? address.getHostString() + ":" + address.getPort()
                : "direct";
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void passwordsAndOtherSchemesAreRefusedWithoutShowingThem() {
        EnvironmentProxies proxies = new EnvironmentProxies(Map.of("HTTPS_PROXY", "http://me:secret@proxy:1"));
        assertThatThrownBy(() -> proxies.select(URI.create("https://x/"))).isInstanceOf(RegistryException.class)
                .hasMessageContaining("without a password").hasMessageNotContaining("secret");
    }
}
