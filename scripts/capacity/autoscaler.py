"""Pods by lag, as KEDA's scaler for JetStream and a HorizontalPodAutoscaler make them."""

import math
from collections import deque

from capacity import assumptions as given


class Scaler:
    """Of one stage. `look` is asked every polling interval and gives (seconds from now, workers from then on)."""

    def __init__(self, stage, workers_a_pod, least_pods, most_pods):
        self.lag_a_pod = given.LAG_A_POD[stage] * workers_a_pod / given.WORKERS_A_POD
        self.workers_a_pod, self.least, self.most = workers_a_pod, least_pods, most_pods
        self.pods = least_pods
        # (when, pods wanted) of the last minutes: down only to the most of them.
        self.wanted = deque()
        self.last_down = -math.inf

    @property
    def workers(self):
        return self.pods * self.workers_a_pod

    def look(self, now, lag):
        wanted = min(self.most, max(self.least, math.ceil(lag / self.lag_a_pod)))
        self.wanted.append((now, wanted))
        while self.wanted[0][0] <= now - given.DOWN_AFTER_S:
            self.wanted.popleft()
        if wanted > self.pods:
            self.pods = min(wanted, max(self.pods * given.MOST_UP_FACTOR, self.pods + given.MOST_UP_PODS))
            return [(given.POD_START_S, self.workers)]
        needed = max(pods for _, pods in self.wanted)
        if needed < self.pods and now - self.last_down >= given.DOWN_EVERY_S and now >= given.DOWN_AFTER_S:
            self.pods, self.last_down = self.pods - 1, now
            return [(0, self.workers)]
        return []
