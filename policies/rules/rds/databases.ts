/** Everything that is a database of RDS: instances, those of clusters, and clusters. */
export const instances = ["aws:rds/Instance"];
export const clusters = ["aws:rds/Cluster"];
export const members = ["aws:rds/ClusterInstance"];
