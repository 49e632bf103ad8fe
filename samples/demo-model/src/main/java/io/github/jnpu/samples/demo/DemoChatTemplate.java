package io.github.jnpu.samples.demo;

/**
 * ChatML with tools as Hermes' models call them. Tools are laid out as signatures rather than as JSON, which is a third of the
 * tokens: <pre>get_weather(city "Name of the city", unit?: celsius|fahrenheit) Gets the weather.</pre> A parameter without
 * a type is a string, one with a question mark may be left out.
 */
final class DemoChatTemplate {
    private static final String SIGNATURE = """
            {%- macro signature(f) -%}
            {{- f.name }}(
            {%- set parameters = f.parameters or {} -%}
            {%- set required = parameters.required or [] -%}
            {%- for name, p in (parameters.properties or {}).items() -%}
            {%- if not loop.first %}, {% endif -%}
            {{- name }}{% if name not in required %}?{% endif -%}
            {%- if p.enum %}: {{ p.enum | join('|') -}}
            {%- elif p.type is string and p.type != 'string' %}: {{ p.type }}{% endif -%}
            {%- if p.description %} "{{ p.description }}"{% endif -%}
            {%- endfor -%}
            ){% if f.description %} {{ f.description }}{% endif -%}
            {%- endmacro -%}
            """;
    private static final String SYSTEM = """
            {%- set first = messages[0].role == 'system' -%}
            {%- if first or tools -%}
            {{- '<|im_start|>system\\n' -}}
            {%- if first %}{{ messages[0].content }}{% endif -%}
            {%- if tools -%}
            {%- if first and messages[0].content %}{{ '\\n\\n' }}{% endif -%}
            {{- '<tools>\\n' -}}
            {%- for tool in tools %}{{ signature(tool.function or tool) + '\\n' }}{% endfor -%}
            {{- '</tools>' -}}
            {%- endif -%}
            {{- '<|im_end|>\\n' -}}
            {%- endif -%}
            """;
    private static final String MESSAGES = """
            {%- for message in messages -%}
            {%- set content = message.content or '' -%}
            {%- if message.role == 'tool' -%}
            {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{ '<|im_start|>user' }}{% endif -%}
            {{- '\\n<tool_response>\\n' + content + '\\n</tool_response>' -}}
            {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{ '<|im_end|>\\n' }}{% endif -%}
            {%- elif message.role == 'assistant' -%}
            {{- '<|im_start|>assistant\\n' + content -}}
            {%- for call in message.tool_calls or [] -%}
            {%- if content or not loop.first %}{{ '\\n' }}{% endif -%}
            {%- set f = call.function or call -%}
            {{- '<tool_call>\\n{"name": "' + f.name + '", "arguments": ' -}}
            {%- if f.arguments is string %}{{ f.arguments }}{% else %}{{ f.arguments | tojson }}{% endif -%}
            {{- '}\\n</tool_call>' -}}
            {%- endfor -%}
            {{- '<|im_end|>\\n' -}}
            {%- elif message.role != 'system' or not loop.first -%}
            {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' -}}
            {%- endif -%}
            {%- endfor -%}
            {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
            """;

    /** As it stands in the file. */
    static final String SOURCE = SIGNATURE + SYSTEM + MESSAGES;

    private DemoChatTemplate() {}
}
