package io.github.jnpu.engine.grammar;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Schemas to hold answers to: families written by hand, and others made at random of their parts. */
final class TestSchemas {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    static final List<String> BY_HAND = List.of(
            "true", "{}", "{'description':'anything'}",
            "{'type':'string'}", "{'type':'string','minLength':2}", "{'type':'string','maxLength':5}",
            "{'type':'string','minLength':3,'maxLength':7}", "{'type':'string','minLength':40,'maxLength':400}",
            "{'type':'string','pattern':'^[a-z]{2,5}$'}", "{'type':'string','pattern':'^(red|green|blue)-[0-9]+$'}",
            "{'type':'string','pattern':'[0-9]'}", "{'type':'string','pattern':'^a|b$'}",
            "{'type':'string','pattern':'^[^\\\\s\\\"]+$','maxLength':9}",
            "{'type':'string','pattern':'^\\\\+?[1-9]\\\\d{1,14}$'}",
            "{'type':'string','pattern':'^[A-ZÄÖÜ][a-zäöüß]*( [A-ZÄÖÜ][a-zäöüß]*)?$','minLength':4,'maxLength':20}",
            "{'type':'string','pattern':'^(a|b)*$','minLength':3,'maxLength':6}",
            "{'type':'string','pattern':'^\\\\u00e9\\\\x41.\\\\\\\\$'}",
            "{'allOf':[{'type':'string','pattern':'^a'},{'pattern':'z$'},{'maxLength':12}]}",
            "{'type':'string','format':'date'}", "{'type':'string','format':'time'}",
            "{'type':'string','format':'date-time'}", "{'type':'string','format':'uuid'}",
            "{'type':'string','format':'ipv4'}",
            "{'type':'string','format':'date','pattern':'^20'}",
            "{'type':'integer'}", "{'type':'integer','minimum':0}", "{'type':'integer','maximum':-3}",
            "{'type':'integer','minimum':1,'maximum':100}", "{'type':'integer','minimum':-17,'maximum':1234}",
            "{'type':'integer','exclusiveMinimum':9,'exclusiveMaximum':11}",
            "{'type':'integer','minimum':1.5,'maximum':7.5}",
            "{'type':'integer','minimum':0,'maximum':100,'multipleOf':7}", "{'type':'integer','multipleOf':1}",
            "{'type':'number'}", "{'type':'number','minimum':0,'maximum':1}",
            "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1}",
            "{'type':'number','minimum':-2.5,'maximum':3.75}",
            "{'type':'number','exclusiveMinimum':-0.125,'maximum':-0.0625}", "{'type':'number','minimum':99.99}",
            "{'type':'number','exclusiveMaximum':100}", "{'type':'number','multipleOf':0.01,'minimum':0,'maximum':20}",
            "{'type':'number','minimum':-1,'maximum':1,'multipleOf':0.25}",
            "{'type':'boolean'}", "{'type':'null'}", "{'type':['string','null']}",
            "{'type':['integer','number','boolean']}",
            "{'const':'x\\\"y'}", "{'const':{'a':[1,2.5,null]}}",
            "{'enum':['red','green','blue','gr\u00fcn',3,null,true]}",
            "{'type':'string','enum':['a',1,'bb','ccc'],'maxLength':2}",
            "{'type':'integer','enum':[1,5,9],'minimum':2}",
            "{'type':'array'}", "{'type':'array','items':{'type':'integer'},'minItems':2,'maxItems':4}",
            "{'type':'array','items':{'enum':['a','b','c']},'maxItems':3}", "{'type':'array','maxItems':0}",
            "{'type':'array','items':{'type':'boolean'},'minItems':1}",
            "{'type':'array','prefixItems':[{'type':'string','maxLength':3},{'type':'integer'}]}",
            "{'type':'array','prefixItems':[{'type':'boolean'},{'type':'null'}],'items':{'type':'integer'},'minItems':1,'maxItems':4}",
            "{'type':'array','prefixItems':[{'type':'number'},{'type':'number'}],'minItems':2,'items':false}",
            "{'type':'array','items':{'type':'array','items':{'type':'integer','minimum':0,'maximum':9},'minItems':3,'maxItems':3},'minItems':3,'maxItems':3}",
            "{'type':'object'}", "{'type':'object','properties':{'a':{'type':'integer'}}}",
            "{'type':'object','properties':{'name':{'type':'string'},'age':{'type':'integer','minimum':0,'maximum':150}},'required':['name','age'],'additionalProperties':false}",
            "{'type':'object','properties':{'a':{'type':'null'},'b':{'type':'null'},'c':{'type':'null'}},'required':['b']}",
            "{'type':'object','properties':{'a':{'type':'null'},'b':{'type':'null'}},'additionalProperties':{'type':'integer'}}",
            "{'type':'object','properties':{'ab':{'type':'integer'},'a':{'type':'integer'},'\u00fc\\n':{'type':'integer'}},'required':['ab'],'additionalProperties':true}",
            "{'type':'object','additionalProperties':{'type':'number'}}",
            "{'type':'object','additionalProperties':false}",
            "{'type':'object','required':['x','y']}",
            "{'type':'object','required':['x'],'additionalProperties':{'type':'boolean'}}",
            "{'type':'object','minProperties':1,'additionalProperties':{'type':'boolean'}}",
            "{'type':'object','maxProperties':2,'additionalProperties':{'type':'boolean'}}",
            "{'type':'object','propertyNames':{'pattern':'^x-'},'additionalProperties':{'type':'integer'}}",
            "{'type':'object','properties':{'a':{'type':'integer'}},'unevaluatedProperties':false}",
            "{'type':'object','properties':{'p':{'type':'object','properties':{'q':{'type':'object','properties':{'r':{'type':'array','items':{'type':'string','maxLength':4},'maxItems':2}},'required':['r']}},'required':['q']}},'required':['p']}",
            "{'type':'object','properties':{'impossible':false,'a':{'type':'boolean'}}}",
            "{'anyOf':[{'type':'integer'},{'type':'string','maxLength':4}]}",
            "{'anyOf':[{'type':'object','properties':{'k':{'const':1}},'required':['k']},{'type':'object','properties':{'k':{'const':12},'l':{'type':'boolean'}},'required':['k','l']}]}",
            "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'integer'}},'anyOf':[{'required':['a']},{'required':['b']}]}",
            "{'oneOf':[{'type':'integer'},{'type':'string'},{'type':'null'}]}",
            "{'oneOf':[{'type':'object','properties':{'kind':{'const':'cat'},'lives':{'type':'integer','minimum':0,'maximum':9}},'required':['kind']},{'type':'object','properties':{'kind':{'const':'dog'},'good':{'type':'boolean'}},'required':['kind','good']}]}",
            "{'oneOf':[{'type':'integer','maximum':3},{'type':'integer','minimum':4}]}",
            "{'oneOf':[{'type':'object','properties':{'a':{'type':'integer'}},'required':['a'],'additionalProperties':false},{'type':'object','properties':{'b':{'type':'integer'}},'required':['b'],'additionalProperties':false}]}",
            "{'allOf':[{'type':'object','properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'a':{'minimum':3},'b':{'type':'string','maxLength':3}},'required':['b']}]}",
            "{'allOf':[{'type':['integer','string']},{'type':['number','null']},{'minimum':5}]}",
            "{'$defs':{'node':{'type':'object','properties':{'value':{'type':'integer'},'next':{'anyOf':[{'$ref':'#/$defs/node'},{'type':'null'}]}},'required':['value','next']}},'$ref':'#/$defs/node'}",
            "{'$defs':{'tree':{'type':'object','properties':{'name':{'type':'string','maxLength':5},'children':{'type':'array','items':{'$ref':'#/$defs/tree'},'maxItems':2}},'required':['name']}},'type':'object','properties':{'root':{'$ref':'#/$defs/tree'}},'required':['root']}",
            "{'$defs':{'e':{'enum':['x','y']}},'type':'array','items':{'$ref':'#/$defs/e','description':'either'},'minItems':1,'maxItems':5}",
            "{'$defs':{'a b/c':{'type':'boolean'}},'$ref':'#/$defs/a%20b~1c'}",
            "{'$defs':{'p':{'$anchor':'here','type':'integer'}},'type':'array','items':{'$ref':'#here'},'maxItems':2}",
            "{'type':'array','items':{'$ref':'#'}}",
            "{'minimum':3}", "{'properties':{'a':{'type':'integer'}},'required':['a']}", "{'maxLength':3}",
            "{'title':'Person','type':'object','properties':{'first':{'title':'First','type':'string'},'email':{'anyOf':[{'type':'string','format':'unknown'},{'type':'null'}],'default':null},'tags':{'type':'array','items':{'type':'string'},'default':[]},'address':{'type':'object','properties':{'street':{'type':'string'},'zip':{'type':'string','pattern':'^[0-9]{5}$'}},'required':['street','zip']}},'required':['first','address']}")
            .stream().map(schema -> schema.replace('\'', '"')).toList();

    private TestSchemas() {}

    /** By hand, then as many at random. */
    static List<String> all(int random, RandomGenerator generator) {
        List<String> schemas = new ArrayList<>(BY_HAND);
        for (int i = 0; i < random; i++) {
            schemas.add(random(generator, 0).toString());
        }
        return schemas;
    }

    private static ObjectNode random(RandomGenerator random, int depth) {
        ObjectNode schema = JSON.objectNode();
        switch (random.nextInt(depth > 3 ? 6 : 10)) {
            case 0 -> {
                schema.put("type", "string");
                int min = random.nextInt(4);
                schema.put("minLength", min).put("maxLength", min + random.nextInt(6));
                if (random.nextBoolean()) {
                    schema.put("pattern", List.of("^[a-f]*$", "[0-9]*", "^(ab|ba)*c?c?c?$|^x+$", "^\\w*").get(random
                            .nextInt(4)));
                }
            }
            case 1 -> {
                schema.put("type", "integer");
                if (random.nextBoolean()) {
                    int low = random.nextInt(-2000, 2000);
                    schema.put("minimum", low).put("maximum", low + random.nextInt(300));
                }
            }
            case 2 -> {
                schema.put("type", "number");
                double low = Math.round(random.nextDouble(-20, 20) * 1000) / 1000.0;
                schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
                if (random.nextBoolean()) {
                    schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", low + 1 + random.nextInt(50));
                }
            }
            case 3 -> schema.put("type", random.nextBoolean() ? "boolean" : "null");
            case 4 -> {
                ArrayNode values = schema.putArray("enum");
                for (int i = 0; i < 1 + random.nextInt(5); i++) {
                    values.add(
                            List.of("red", "reddish", "r\u00f6t", "", "a \"b\"", "line\nend").get(random.nextInt(6)));
                }
            }
            case 5 -> schema.set("const", List.of(JSON.textNode("x"), JSON.numberNode(3.5), JSON.nullNode()).get(random
                    .nextInt(3)));
            case 6 -> {
                schema.put("type", "array").set("items", random(random, depth + 1));
                int min = random.nextInt(3);
                schema.put("minItems", min).put("maxItems", min + random.nextInt(3));
            }
            case 7 -> {
                ArrayNode anyOf = schema.putArray("anyOf");
                for (int i = 0; i < 1 + random.nextInt(3); i++) {
                    anyOf.add(random(random, depth + 1));
                }
            }
            default -> {
                schema.put("type", "object");
                ObjectNode properties = schema.putObject("properties");
                ArrayNode required = schema.putArray("required");
                for (int i = 0; i < random.nextInt(5); i++) {
                    String name = List.of("a", "ab", "abc", "n\u00e4me", "x y").get(i);
                    properties.set(name, random(random, depth + 1));
                    if (random.nextBoolean()) {
                        required.add(name);
                    }
                }
                switch (random.nextInt(3)) {
                    case 0 -> schema.put("additionalProperties", false);
                    case 1 -> schema.set("additionalProperties", random(random, depth + 1));
                    default -> {
                    }
                }
            }
        }
        return schema;
    }
}
