package io.github.jnpu.engine.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The methods of Python's dicts and lists that only read; those that change them are refused, as Jinja2's sandbox does. */
final class CollectionMethods {
    private static final Set<String> CHANGING_DICTS = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> CHANGING_LISTS = Set.of("append", "clear", "extend", "insert", "pop", "remove",
            "reverse", "sort");

    private final RenderBudget budget;
    private final PythonOperators operators;

    CollectionMethods(RenderBudget budget, PythonOperators operators) {
        this.budget = budget;
        this.operators = operators;
    }

    Invocable ofMap(Map<?, ?> self, String name) {
        return switch (name) {
            case "items" -> arguments -> items(self);
            case "keys" -> arguments -> {
                budget.spendElements(self.size());
                return new DictView("keys", new ArrayList<>(self.keySet()));
            };
            case "values" -> arguments -> {
                budget.spendElements(self.size());
                return new DictView("values", new ArrayList<>(self.values()));
            };
            case "get" -> arguments -> {
                Object key = PythonOperators.key(arguments.require(0, "key"));
                operators.spendKey(key);
                return self.containsKey(key) ? self.get(key) : arguments.get(1, "default", null);
            };
            case "copy" -> arguments -> self;
            default -> CHANGING_DICTS.contains(name) ? refused("dict", name) : null;
        };
    }

    DictView items(Map<?, ?> self) {
        budget.spendElements(2L * self.size());
        List<Object> result = new ArrayList<>();
        self.forEach((key, value) -> result.add(new Tuple(key, value)));
        return new DictView("items", result);
    }

    Invocable ofList(List<?> self, String name) {
        return switch (name) {
            case "index" -> arguments -> {
                for (int i = 0; i < self.size(); i++) {
                    if (operators.equal(self.get(i), arguments.require(0, "value"))) {
                        return (long) i;
                    }
                }
                throw new JinjaException("the value is not in the list");
            };
            case "count" -> arguments -> self.stream().filter(
                    element -> operators.equal(element, arguments.require(0, "value"))).count();
            case "copy" -> arguments -> self;
            default -> CHANGING_LISTS.contains(name) && !(self instanceof Tuple) ? refused("list", name) : null;
        };
    }

    private static Invocable refused(String type, String name) {
        return arguments -> {
            throw new JinjaException("access to attribute '" + name + "' of '" + type + "' object is unsafe");
        };
    }
}
