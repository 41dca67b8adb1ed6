# Lightbox as an image, one for all roles (setting ROLES). Alone it brings its own PostgreSQL and keeps everything in /data:
#   docker build -t lightbox . && docker run -p 8080:8080 -p 11112:11112 -v lightbox:/data lightbox
# docker-compose.yml runs the parts apart.

FROM node:24.21.0-slim AS viewer
WORKDIR /lightbox
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY vite.config.ts tsconfig.json ./
COPY scripts/shell-budget.ts scripts/
COPY dicom dicom
COPY viewer viewer
RUN npm run build

FROM node:24.21.0-slim
ENV NODE_ENV=production
WORKDIR /lightbox
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY lightbox.ts LICENSE ./
COPY access access
COPY archive archive
COPY commands commands
COPY derive derive
COPY dicom dicom
COPY index index
COPY queue queue
COPY samples samples
COPY settings settings
COPY storage storage
COPY worker worker
COPY workflow workflow
COPY --from=viewer /lightbox/dist dist

ENV DATA_DIR=/data HTTP_HOST=0.0.0.0 DIMSE_HOST=0.0.0.0
# The image itself is not written to: compiled code is kept beside the data.
ENV NODE_COMPILE_CACHE=/data/compiled
# /access-record is where docker-compose.yml keeps the record of all archives: a volume takes over whose the directory is.
RUN install --directory --owner=node --group=node --mode=0700 /data /access-record
VOLUME /data
USER node
EXPOSE 8080 11112
# On SIGTERM the launcher drains its programs and ends within 10 seconds.
ENTRYPOINT ["node", "lightbox.ts"]
CMD ["start"]
