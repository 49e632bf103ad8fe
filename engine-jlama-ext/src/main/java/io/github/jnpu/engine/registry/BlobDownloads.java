package io.github.jnpu.engine.registry;

import io.github.jnpu.engine.store.BlobStore;
import io.github.jnpu.engine.store.Manifest.Layer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The downloads of this process: whoever wants a blob that is on its way joins. Thread-safe. */
final class BlobDownloads {
    private final Map<Path, BlobDownload> running = new HashMap<>();

    /** A share in a download; the last one who closes his ends it. */
    final class Share implements AutoCloseable {
        private final Path key;
        private final BlobDownload download;

        private Share(Path key, BlobDownload download) {
            this.key = key;
            this.download = download;
        }

        BlobDownload download() {
            return download;
        }

        @Override
        public void close() throws IOException {
            synchronized (running) {
                if (--download.users > 0) {
                    return;
                }
                running.remove(key, download);
            }
            download.end();
        }
    }

    Share join(RegistryClient client, RegistryReference reference, BlobStore blobs, Layer layer) {
        Path key = blobs.path(layer.digest()).toAbsolutePath();
        synchronized (running) {
            BlobDownload download = running.get(key);
            if (download == null) {
                download = new BlobDownload(client, reference, blobs, layer);
                running.put(key, download);
                download.start();
            }
            download.users++;
            return new Share(key, download);
        }
    }
}
