// The rules: which studies are sent where by themselves.
import { useSignal } from '@preact/signals';
import { asWritten } from '../as-written.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { Icon } from '../icons.tsx';
import type { Route } from '../sending-client.ts';
import { text } from '../text.ts';
import { destinations, devices, forget, routes } from './current-sends.ts';
import { RouteForm } from './route-form.tsx';
import { sourcesText } from './route-sources.ts';

export function Routes() {
  const edited = useSignal<Route | 'new' | undefined>(undefined);
  const removed = useSignal<Route | undefined>(undefined);
  const canAdd = destinations.value.length > 0;
  return (
    <section class="panel" aria-labelledby="routes">
      <div class="page-title">
        <div>
          <h2 id="routes">{text('routes')}</h2>
          <p class="quiet">{text('routesLead')}</p>
        </div>
        {canAdd && (
          <button type="button" onClick={() => (edited.value = 'new')}>
            <Icon name="add" />
            {text('addRoute')}
          </button>
        )}
      </div>
      {!canAdd && (
        <p>
          {text('noDestinations')} <a href="/devices">{text('devices')}</a>
        </p>
      )}
      {canAdd && routes.value.length === 0 && <p class="quiet">{text('noRoutes')}</p>}
      <ul class="device-list">
        {routes.value.map((route) => (
          <RouteRow
            key={route.id}
            route={route}
            onEdit={() => (edited.value = route)}
            onRemove={() => (removed.value = route)}
          />
        ))}
      </ul>
      {edited.value && (
        <RouteForm
          route={edited.value === 'new' ? undefined : asWritten(edited.value)}
          onClose={() => (edited.value = undefined)}
        />
      )}
      {removed.value && <RemoveRoute route={removed.value} onClose={() => (removed.value = undefined)} />}
    </section>
  );
}

interface RouteRowProps {
  route: Route;
  onEdit: () => void;
  onRemove: () => void;
}

function RouteRow({ route, onEdit, onRemove }: RouteRowProps) {
  const { name, enabled, modalities, destination, destinationAETitle, window } = route;
  const isReceiving = destinations.value.some(({ id }) => id === destination);
  const places = {
    what: modalities.join(', ') || text('everyModality'),
    from: sourcesText(route, devices.value) || text('everySource'),
    to: destinationAETitle,
  };
  return (
    <li class="device">
      <div class="device-what">
        <h3>
          <span>{name}</span>
          {!enabled && <span class="chip bad">{text('routeOff')}</span>}
        </h3>
        <p>
          {text('routeSays', places)}
          {window && ` (${text('routeHours', window)})`}
        </p>
        {!isReceiving && <p class="bad">{text('takesNoImages', { name: destinationAETitle })}</p>}
      </div>
      <div class="actions">
        <button type="button" onClick={onEdit} aria-label={`${text('edit')} ${name}`}>
          {text('edit')}
        </button>
        <button type="button" onClick={onRemove} aria-label={`${text('remove')} ${name}`}>
          {text('remove')}
        </button>
      </div>
    </li>
  );
}

function RemoveRoute({ route, onClose }: { route: Route; onClose: () => void }) {
  return (
    <ConfirmDialog
      question={text('removeRoute', { name: route.name })}
      next={text('removeRouteNext')}
      leaveWord={text('cancel')}
      word={text('removeRouteNow')}
      isDanger
      work={() => forget(route.id)}
      onClose={onClose}
    />
  );
}
