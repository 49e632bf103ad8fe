package io.github.jnpu.engine.chat.jinja;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A model file can carry any template: it may fail, but neither hang nor exhaust memory nor reach Java. */
class HostileTemplateTest {
    /** Only tells a hang from a slow machine; each case takes about a second at most. */
    private static final int HANG_SECONDS = 60;

    @ParameterizedTest
    @Timeout(HANG_SECONDS)
    @ValueSource(strings = {
            // loops
            "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}",
            "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
            "{% for a in range(100000) %}{% set x = range(100000)|list %}{% endfor %}",
            "{{ range(1000000000)|length }}", "{{ range(-9223372036854775807, 9223372036854775807, 1) }}",
            // recursion
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}",
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
            "{% macro m() %}{{ caller() }}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{% call m() %}{% endcall %}",
            // growing text
            "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
            "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', 'aaaaaaaaaa') %}{% endfor %}",
            "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = ns.s.join(['b','b','b','b']) %}{% endfor %}",
            "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = '%s%s%s' % (ns.s, ns.s, ns.s) %}{% endfor %}",
            "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = '{0}{0}{0}'.format(ns.s) %}{% endfor %}",
            "{{ 'x' * 2147483647 }}", "{{ 'x' * 9223372036854775807 }}", "{{ [1] * 2147483647 }}",
            "{{ 'x'.center(2147483647) }}", "{{ 'x'.ljust(2147483647) }}", "{{ 'x'.zfill(2147483647) }}",
            "{{ 'x'|center(2000000000) }}", "{{ 'a\nb'|indent(2147483647) }}", "{{ '%2147483647d' % 1 }}",
            "{{ ('%9999s' * 100000) % 1 }}", "{{ [1]|batch(2147483647, 'x')|list }}",
            "{{ [1]|slice(2147483647)|list }}",
            "{{ [1]|tojson(indent=2000000000) }}", "{{ strftime_now('%c' * 10000000) }}",
            // growing and nested values
            "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
            "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
            "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = {'a': ns.l} %}{% endfor %}{{ ns.l|tojson }}",
            "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
            "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
            "{% set ns = namespace(l=1) %}{% for i in range(100000) %}{% for j in range(100000) %}{% set ns.l = (ns.l, 'x' ~ j) %}{% endfor %}{% endfor %}",
            // slow searches
            "{% set a = 'a' * 1000000 %}{% set b = 'a' * 500000 ~ 'b' %}{{ b in a }}",
            "{% set a = 'a' * 1000000 %}{% for i in range(100000) %}{{ a.find('b') }}{% endfor %}",
            "{% set a = 'a' * 1000000 %}{% for i in range(100000) %}{{ a|int }}{% endfor %}",
            "{% set a = 'a' * 1000000 %}{% for i in range(100000) %}{% if {a: 1}[a ~ ''] %}{% endif %}{% endfor %}",
            "{{ ('a' * 1000000).strip('b' * 1000000 ~ 'a') }}",
            "{% set a = 'A ' * 1000000 %}{% for i in range(100000) %}{{ a.split()|length }}{% endfor %}",
            "{% set a = 'A' * 1000000 %}{{ ([a, 'b'] * 100000)|sort|length }}",
            // arithmetic
            "{{ 10 ** 100000000 }}", "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 1 // 0 }}",
            "{{ 99999999999999999999 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
            "{{ [9007199254740993, 9007199254740992.0, 9007199254740991] * 40000 |sort }}"})
    void failsWithoutHangOrExhaustion(String source) {
        assertThatThrownBy(() -> JinjaTemplate.parse(source, Clock.systemUTC()).render(Map.of())).isInstanceOf(
                JinjaException.class).hasMessageStartingWith("line 1: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{ ''.getClass() }}", "{{ ''.class.name }}", "{{ [].getClass().forName('java.io.File') }}",
            "{{ messages.stream() }}", "{{ {}.entrySet() }}", "{{ raise_exception.getClass() }}",
            "{{ range.__globals__() }}",
            "{% include '/etc/passwd' %}", "{% import '/etc/passwd' as x %}", "{% extends '/etc/passwd' %}",
            "{% from 'x' import y %}", "{{ ''.__class__.__mro__ }}", "{{ namespace().attributes() }}",
            "{{ loop.call() }}", "{{ messages.append(1) }}", "{{ messages.clear() }}"})
    void reachesNothingOfJava(String source) {
        Map<String, Object> variables = Map.of("messages", List.of("x"));
        assertThatThrownBy(() -> JinjaTemplate.parse(source, Clock.systemUTC()).render(variables)).isInstanceOf(
                JinjaException.class);
    }

    @Test
    void deeplyNestedSourceIsRefused() {
        for (String source : List.of("{{ " + "(".repeat(100_000), "{{ " + "[".repeat(100_000), "{{ " + "-".repeat(
                100_000) + "1 }}", "{{ " + "not ".repeat(100_000) + "1 }}", "{% if x %}".repeat(100_000),
                "{% for x in y %}"
                        .repeat(10_000),
                "{{ 1" + "+1".repeat(100_000) + " }}", "{{ x" + ".x".repeat(100_000) + " }}",
                "{{ x" + "|list".repeat(100_000) + " }}", "{{ 1" + " if 1 else 1".repeat(50_000) + " }}", "{{"
                        + "{".repeat(100_000))) {
            assertThatThrownBy(() -> JinjaTemplate.parse(source, Clock.systemUTC()).render(Map.of("x", List.of())))
                    .isInstanceOf(JinjaException.class);
        }
    }

    @Test
    void largeSourceIsRefused() {
        assertThatThrownBy(() -> JinjaTemplate.parse("x".repeat((1 << 20) + 1), Clock.systemUTC())).isInstanceOf(
                JinjaException.class).hasMessageContaining("1048576");
    }

    @Test
    void aNearlyExhaustedStackIsNoCrash() throws InterruptedException {
        JinjaTemplate template = JinjaTemplate.parse(
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
                Clock.systemUTC());
        List<Throwable> outcome = new ArrayList<>();
        Thread thread = new Thread(null, () -> {
            try {
                recurse(template);
            } catch (JinjaException | StackOverflowError e) {
                outcome.add(e);
            }
        }, "small stack", 256 << 10);
        thread.start();
        thread.join();
        assertThat(outcome).singleElement().isInstanceOf(JinjaException.class);
    }

    private static int recurse(JinjaTemplate template) {
        template.render(Map.of());
        return recurse(template) + 1;
    }

    @Test
    void aLongConversationIsNoAttack() {
        List<Object> messages = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "word ".repeat(400)));
        }
        String text = JinjaTemplate
                .parse("{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + '\n' }}{% endfor %}",
                        Clock.systemUTC())
                .render(Map.of("messages", messages));
        assertThat(text).hasSizeGreaterThan(4_000_000);
    }
}
