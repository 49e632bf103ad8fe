// Walks through the official client's calls; prints one JSON line for each, which NpmClientTest reads.
import { Ollama } from 'ollama'

const ollama = new Ollama({ host: process.argv[2] })
const say = (name, value) => console.log(JSON.stringify({ name, value }))

const listed = await ollama.list()
say('list', listed.models.map(model => model.name).sort())
const shown = await ollama.show({ model: 'tiny' })
say('show', shown.details.family)

const statuses = []
for await (const part of await ollama.create({ model: 'child', from: 'tiny', system: 'Be brief.', stream: true })) {
  statuses.push(part.status)
}
say('create', statuses.at(-1))

const options = { temperature: 0, num_predict: 6 }
const whole = await ollama.generate({ model: 'child', prompt: 'abc', options })
let text = ''
let last
for await (const part of await ollama.generate({ model: 'child', prompt: 'abc', stream: true, options })) {
  text += part.response
  last = part
}
say('generate', { same: text === whole.response, done: last.done, count: last.eval_count })

const messages = [{ role: 'user', content: 'abc' }]
text = ''
for await (const part of await ollama.chat({ model: 'child', messages, stream: true, options })) {
  text += part.message.content
}
const chat = await ollama.chat({ model: 'child', messages, options })
say('chat', { same: text === chat.message.content, role: chat.message.role })

const formatted = await ollama.generate({
  model: 'tiny', prompt: 'abc', options: { temperature: 0 },
  format: { type: 'object', properties: { a: { enum: ['x', 'y'] } }, required: ['a'], additionalProperties: false }
})
say('format', ['x', 'y'].includes(JSON.parse(formatted.response).a))

const tools = [{
  type: 'function',
  function: { name: 'get_weather', description: 'd', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
}]
const called = await ollama.chat({ model: 'calling', messages, tools })
say('tools', called.message.tool_calls[0].function)
const thought = await ollama.chat({ model: 'thinking', messages, think: true })
say('think', [thought.message.thinking.trim(), thought.message.content])

say('embed', (await ollama.embed({ model: 'tiny-embed', input: ['hello', 'cat'] })).embeddings.length)
say('ps', (await ollama.ps()).models.map(model => model.name).includes('child:latest'))
await ollama.copy({ source: 'child', destination: 'copy' })
say('copy', (await ollama.list()).models.map(model => model.name).includes('copy:latest'))
await ollama.delete({ model: 'copy' })
say('delete', (await ollama.list()).models.map(model => model.name).includes('copy:latest'))

try {
  await ollama.generate({ model: 'nope', prompt: 'abc' })
} catch (error) {
  say('error', [error.name, error.status_code, error.error])
}

// A client that stops listening.
const abandoned = await ollama.generate({ model: 'tiny', prompt: 'abc', stream: true, options: { num_predict: 900, temperature: 1 } })
for await (const _ of abandoned) {
  abandoned.abort()
  break
}
say('after an abort', (await ollama.generate({ model: 'tiny', prompt: 'abc', options })).done)
